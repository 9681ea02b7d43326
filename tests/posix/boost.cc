// SPDX-License-Identifier: MIT
// boost::interprocess in the ways in which programs use it; nothing here knows prshm.
#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/interprocess/managed_shared_memory.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>
#include <boost/interprocess/sync/named_mutex.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>
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

// Nobody has it open meanwhile, so it may get another size each time.
static void grown_and_shrunk()
{
	ipc::managed_shared_memory(ipc::create_only, name, size).construct<int>("number")(7);
	MUST(ipc::managed_shared_memory::grow(name, size));
	MUST(ipc::managed_shared_memory(ipc::open_only, name).get_size() == 2 * size);
	MUST(ipc::managed_shared_memory::shrink_to_fit(name));
	{
		ipc::managed_shared_memory memory(ipc::open_only, name);

		MUST(memory.get_size() < size && *memory.find<int>("number").first == 7);
	}
	MUST(ipc::shared_memory_object::remove(name));
}

static const char lock_name[] = "posix-boost-lock";
static const std::size_t message_size = 600; // 100 of these are nearly all that /dev/shm has room for

static int receive()
{
	ipc::message_queue queue(ipc::open_only, name);
	ipc::named_mutex mutex(ipc::open_or_create, lock_name);
	ipc::scoped_lock<ipc::named_mutex> lock(mutex);
	ipc::message_queue::size_type length;
	unsigned int priority;
	int sum = 0;

	for (int i = 0; i < 100; i++) {
		int message[message_size / sizeof(int)];

		queue.receive(message, sizeof(message), length, priority);
		sum += message[0];
	}
	return sum == 4950 ? 0 : 1;
}

static void messages()
{
	ipc::message_queue queue(ipc::create_only, name, 100, message_size);
	ipc::named_mutex mutex(ipc::open_or_create, lock_name);

	for (int i = 0; i < 100; i++) {
		ipc::scoped_lock<ipc::named_mutex> lock(mutex);
		queue.send(&i, sizeof(i), 0);
	}
	MUST(in_child(receive) == 0);
	MUST(ipc::message_queue::remove(name) && ipc::named_mutex::remove(lock_name));
}

int main()
{
	ipc::shared_memory_object::remove(name);
	ipc::named_mutex::remove(lock_name);
	managed();
	sized_later();
	grown_and_shrunk();
	messages();
	std::puts("done");
}
