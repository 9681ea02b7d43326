// SPDX-License-Identifier: MIT
// boost::interprocess in the ways in which programs use it; nothing here knows prshm.
#include <boost/interprocess/managed_shared_memory.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

namespace ipc = boost::interprocess;

static void must(bool holds, int line)
{
	if (!holds) {
		std::printf("line %d does not hold\n", line);
		std::exit(1);
	}
}
#define MUST(holds) must(holds, __LINE__)

static const char name[] = "posix-boost";
static const std::size_t size = 1 << 20;

static int in_child(int (*function)())
{
	int status = -1;

	if (fork() == 0)
		_exit(function());
	wait(&status);
	return status;
}

static int read_managed()
{
	ipc::managed_shared_memory memory(ipc::open_read_only, name);
	auto found = memory.find_no_lock<int>("numbers");

	return found.first && found.second == 1000 && found.first[999] == 42 ? 0 : 1;
}

static int write_managed()
{
	ipc::managed_shared_memory memory(ipc::open_only, name);

	memory.construct<double>("pi")(3.14);
	return 0;
}

static void managed()
{
	ipc::managed_shared_memory memory(ipc::create_only, name, size);
	int *numbers = memory.construct<int>("numbers")[1000](42);

	std::memset(memory.allocate(size / 2), 1, size / 2);
	MUST(numbers[999] == 42 && in_child(read_managed) == 0 && in_child(write_managed) == 0);
	MUST(*memory.find<double>("pi").first == 3.14);
	MUST(ipc::shared_memory_object::remove(name));
}

// Sized up and down before anybody shares it; another process opens it before it is sized.
static void sized_later()
{
	ipc::shared_memory_object object(ipc::create_only, name, ipc::read_write);
	int early[2];
	char byte = 'x';
	int status;

	MUST(pipe(early) == 0);
	object.truncate(4096);
	object.truncate(size);
	object.truncate(0);
	if (fork() == 0) {
		ipc::shared_memory_object other(ipc::open_only, name, ipc::read_write);
		ipc::offset_t now = 0;

		MUST(write(early[1], &byte, 1) == 1);
		while (now == 0)
			MUST(other.get_size(now));
		std::memset(ipc::mapped_region(other, ipc::read_write).get_address(), 7, size);
		_exit(0);
	}
	MUST(read(early[0], &byte, 1) == 1);
	object.truncate(size);
	wait(&status);
	MUST(status == 0);
	MUST(static_cast<char *>(ipc::mapped_region(object, ipc::read_write).get_address())[size - 1] == 7);
	MUST(ipc::shared_memory_object::remove(name));
}

int main()
{
	ipc::shared_memory_object::remove(name);
	managed();
	sized_later();
	std::puts("done");
}
