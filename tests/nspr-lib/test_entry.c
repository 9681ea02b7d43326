/* SPDX-License-Identifier: MIT */
/* Protocol one's text. */
#include "nspr-lib/entry.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/testing.h"

#define TOKEN "00112233445566778899aabbccddeeff"

static const char words[] = "7:1:4711:" TOKEN;
static const char other[] = "2147483647:2:18446744073709551615:" TOKEN;

/* In what NSPR would write; wanted NULL: not at all. */
static void find(const char *inherited, const char *name, const char *wanted)
{
	char string[FILEMAP_STRING_SIZE] = "untouched";
	bool found = entry_find(inherited, name, string);

	ck_assert_msg(found == (wanted != NULL), "\"%s\" in \"%s\"", name, inherited);
	if (wanted)
		ck_assert_str_eq(string, wanted);
}

TEST(an_entry_is_found_among_others_by_its_whole_name)
{
	char first[HELD_ENTRY_SIZE];
	char second[HELD_ENTRY_SIZE];
	char inherited[4 * HELD_ENTRY_SIZE];

	entry_write("words", words, first);
	entry_write("a:b", other, second);
	ck_assert_str_eq(first, "prshm-map.776f726473.7.1.4711." TOKEN);
	ck_assert_ptr_null(strchr(second, ':'));
	snprintf(inherited, sizeof(inherited), "pipe:1:0x5:%s:0:0x0:x:1:0x6:%s:0:0x0", first,
		second);
	find(inherited, "words", words);
	find(inherited, "a:b", other);
	find(inherited, "word", NULL);
	find(inherited, "words2", NULL);
	find(inherited, "pipe", NULL);
	find(inherited, "", NULL);
}

TEST(the_last_entry_of_a_name_counts)
{
	char first[HELD_ENTRY_SIZE];
	char second[HELD_ENTRY_SIZE];
	char inherited[4 * HELD_ENTRY_SIZE];

	entry_write("words", words, first);
	entry_write("words", other, second);
	snprintf(inherited, sizeof(inherited), "%s:0:0x0:%s:0:0x0", first, second);
	find(inherited, "words", other);
}

TEST(an_entry_that_is_cut_off_is_not_found)
{
	char entry[HELD_ENTRY_SIZE];

	entry_write("words", words, entry);
	for (size_t length = strlen(entry); length > 0; length--) {
		entry[length] = '\0';
		find(entry, "words", NULL);
	}
	find("", "words", NULL);
	find("::::::", "words", NULL);
}

TEST(an_entry_that_is_too_long_is_not_found)
{
	char inherited[HELD_ENTRY_SIZE];
	char longest[FILEMAP_STRING_SIZE + 1];

	memset(longest, '0', sizeof(longest));
	longest[FILEMAP_STRING_SIZE - 1] = '\0';
	snprintf(inherited, sizeof(inherited), "prshm-map.776f726473.%s:0:0x0", longest);
	find(inherited, "words", longest);
	snprintf(inherited, sizeof(inherited), "prshm-map.776f726473.%s0:0:0x0", longest);
	find(inherited, "words", NULL);
}

TEST(the_longest_name_fits)
{
	char name[HELD_NAME_MAX + 2];
	char entry[HELD_ENTRY_SIZE];
	char inherited[2 * HELD_ENTRY_SIZE];

	memset(name, 0xff, sizeof(name));
	name[HELD_NAME_MAX] = '\0';
	entry_write(name, other, entry);
	snprintf(inherited, sizeof(inherited), "%s:0:0x0", entry);
	find(inherited, name, other);
	name[HELD_NAME_MAX] = 'x';
	name[HELD_NAME_MAX + 1] = '\0';
	find(inherited, name, NULL);
}
