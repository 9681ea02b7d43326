/* SPDX-License-Identifier: MIT */
/*
 * libprshm-client before libnspr4 in one program, as when NSS brings libnspr4 in: each object goes
 * to the library that made it. And NSPR's headers with prshm-client.h behind them.
 */
#include <nspr.h>
#include <prerror.h>
#include <private/pprio.h>
#include <prshm.h>
#include <prshma.h>

#include "include/prshm-client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char file[] = "in the file of NSPR";

static void say(const char *what, int ok)
{
	if (ok)
		printf("%s: ok\n", what);
	else
		printf("%s: %d\n", what, (int)PR_GetError());
}

/* A map that PR_CreateFileMap, which is libnspr4's, has made. */
static void use_map_of_nspr(const char *path)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	PRFileDesc *desc = PR_Open(path, PR_RDWR | PR_CREATE_FILE, 0600);
	PRProcessAttr *attr = PR_NewProcessAttr();
	PRFileMap *map;
	PRFileMap *again;
	char *bytes;

	PR_Write(desc, file, sizeof(file));
	map = PR_CreateFileMap(desc, 0, PR_PROT_READWRITE);
	say("create", map != NULL);
	bytes = PR_MemMap(map, 0, sizeof(file));
	say("map", bytes && strcmp(bytes, file) == 0);
	say("export", PR_ExportFileMapAsString(map, sizeof(string), string) == PR_SUCCESS);
	again = PR_ImportFileMapFromString(string);
	say("import", again != NULL);
	say("close the import", PR_CloseFileMap(again) == PR_SUCCESS);
	say("set inheritable", PR_ProcessAttrSetInheritableFileMap(attr, map, "map") == PR_SUCCESS);
	say("close", PR_CloseFileMap(map) == PR_SUCCESS);
	PR_DestroyProcessAttr(attr);
	PR_Close(desc);
}

static void use_map_of_broker(void)
{
	PRFileMap *map = PR_OpenAnonFileMap("/", 4096, PR_PROT_READWRITE);
	char *bytes = map ? PR_MemMap(map, 0, 4096) : NULL;

	say("anonymous", bytes != NULL);
	say("close anonymous", map && PR_CloseFileMap(map) == PR_SUCCESS);
}

/* libnspr4's calls would write into attributes that it did not make. */
static void create_process(void)
{
	char *const arguments[] = {(char *)"echo", (char *)"into the pipe", NULL};
	PRProcessAttr *attr = PR_NewProcessAttr();
	PRFileDesc *reader;
	PRFileDesc *writer;
	char line[64] = "";
	PRProcess *process;

	PR_CreatePipe(&reader, &writer);
	PR_ProcessAttrSetStdioRedirect(attr, PR_StandardOutput, writer);
	say("set inheritable descriptor",
		PR_ProcessAttrSetInheritableFD(attr, writer, "pipe") == PR_SUCCESS);
	process = PR_CreateProcess("/bin/echo", arguments, NULL, attr);
	say("process", process != NULL);
	PR_Close(writer);
	PR_Read(reader, line, sizeof(line) - 1);
	printf("child says: %s", line);
	PR_WaitProcess(process, NULL);
	PR_DestroyProcessAttr(attr);
	PR_Close(reader);
}

static const struct PRErrorMessage messages[] = {{"BOTH_FIRST_ERROR", "an error of a table"}};
static const struct PRErrorTable table = {messages, "both", 5000, 1};

static void use_error_table(void)
{
	PR_ErrorInstallTable(&table);
	printf("name: %s\n", PR_ErrorToName(5000));
	printf("text: %s\n", PR_ErrorToString(5000, PR_LANGUAGE_I_DEFAULT));
}

int main(int argc, char **argv)
{
	PRSharedMemory *handle;
	struct prshm_options options = {0};

	if (argc != 2)
		return 2;
	PR_Init(PR_USER_THREAD, PR_PRIORITY_NORMAL, 0);
	use_map_of_nspr(argv[1]);
	use_map_of_broker();
	create_process();
	use_error_table();
	options.flags = PRSHM_CREATE;
	options.size = 4096;
	options.rights.mode = 0600;
	say("native open", prshm_open("/both", &options, &handle) == PRSHM_OK);
	say("close", PR_CloseSharedMemory(handle) == PR_SUCCESS);
	return 0;
}
