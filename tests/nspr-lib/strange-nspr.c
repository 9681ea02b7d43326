/* SPDX-License-Identifier: MIT */
/*
 * A program with a PR_CreateFileMap of its own, whose maps are not laid out as libnspr4's: the word
 * behind the protection is another one until the map is used. libprshm-nspr must notice, write
 * nothing into them, and still work.
 */
#include <dlfcn.h>
#include <nspr.h>
#include <prshma.h>
#include <stdio.h>

#define MAPS_MAX 8

static PRInt32 *words[MAPS_MAX]; /* of the maps that were made: prot, mmap's prot and flags, ... */
static int count;

__attribute__((visibility("default"))) PRFileMap *PR_CreateFileMap(
	PRFileDesc *fd, PRInt64 size, PRFileMapProtect prot)
{
	PRFileMap *(*original)(PRFileDesc *, PRInt64, PRFileMapProtect);
	PRFileMap *map;

	*(void **)&original = dlsym(RTLD_NEXT, "PR_CreateFileMap");
	map = original(fd, size, prot);
	if (map && count < MAPS_MAX) {
		words[count] = (PRInt32 *)((char *)map + sizeof(PRFileDesc *));
		words[count][1] ^= 0x40000000;
		count++;
	}
	return map;
}

int main(void)
{
	PRFileMap *map = PR_OpenAnonFileMap(NULL, 4096, PR_PROT_READWRITE);
	char *memory;

	if (!map || count == 0)
		return 1;
	printf("flag: %d\n", (int)words[0][3]);
	words[0][1] ^= 0x40000000;
	memory = PR_MemMap(map, 0, 4096);
	printf("map: %s\n", memory ? "ok" : "failed");
	if (memory)
		memory[0] = 'x';
	printf("close: %s\n", PR_CloseFileMap(map) == PR_SUCCESS ? "ok" : "failed");
	return 0;
}
