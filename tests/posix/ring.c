/* SPDX-License-Identifier: MIT */
/*
 * A server and a client over libqb, as corosync and Pacemaker have them: their messages go through
 * rings in /dev/shm. Prints what came back.
 */
#include <qb/qbipcc.h>
#include <qb/qbipcs.h>
#include <qb/qbloop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS 3
#define BYTES       100000
#define RING        1000000

struct request {
	struct qb_ipc_request_header header;
	char text[BYTES];
};

struct response {
	struct qb_ipc_response_header header;
	char text[BYTES];
};

static qb_loop_t *loop;
static int ended;

static int32_t accept_all(qb_ipcs_connection_t *connection, uid_t uid, gid_t gid)
{
	(void)connection;
	return uid == geteuid() && gid == getegid() ? 0 : -1;
}

static int32_t answer(qb_ipcs_connection_t *connection, void *data, size_t size)
{
	static struct response response = {.header = {.size = sizeof(response)}};
	const struct request *request = data;

	(void)size;
	response.header.id = request->header.id;
	memcpy(response.text, request->text, BYTES);
	qb_ipcs_response_send(connection, &response, sizeof(response));
	return 0;
}

/* The rings are removed by now. */
static void end(qb_ipcs_connection_t *connection)
{
	(void)connection;
	if (++ended == CONNECTIONS)
		qb_loop_stop(loop);
}

static int32_t add_job(enum qb_loop_priority priority, void *data, qb_loop_job_dispatch_fn job)
{
	return qb_loop_job_add(loop, priority, data, job);
}

static int32_t add(enum qb_loop_priority priority, int32_t fd, int32_t events, void *data,
	qb_ipcs_dispatch_fn_t dispatch)
{
	return qb_loop_poll_add(loop, priority, fd, events, data, dispatch);
}

static int32_t modify(enum qb_loop_priority priority, int32_t fd, int32_t events, void *data,
	qb_ipcs_dispatch_fn_t dispatch)
{
	return qb_loop_poll_mod(loop, priority, fd, events, data, dispatch);
}

static int32_t take_out(int32_t fd)
{
	return qb_loop_poll_del(loop, fd);
}

static int serve(const char *name, int ready)
{
	struct qb_ipcs_service_handlers handlers = {.connection_accept = accept_all,
		.msg_process = answer,
		.connection_destroyed = end};
	struct qb_ipcs_poll_handlers polls = {.job_add = add_job,
		.dispatch_add = add,
		.dispatch_mod = modify,
		.dispatch_del = take_out};
	qb_ipcs_service_t *service = qb_ipcs_create(name, 0, QB_IPC_SHM, &handlers);

	loop = qb_loop_create();
	qb_ipcs_poll_handlers_set(service, &polls);
	if (qb_ipcs_run(service) != 0 || write(ready, "", 1) != 1)
		return 1;
	qb_loop_run(loop);
	qb_ipcs_destroy(service);
	return 0;
}

static void talk(const char *name, char letter)
{
	static struct request request = {.header = {.id = 7, .size = sizeof(request)}};
	static struct response response;
	const struct iovec part = {&request, sizeof(request)};
	qb_ipcc_connection_t *connection = qb_ipcc_connect(name, RING);
	size_t good = 0;

	if (!connection) {
		printf("no connection\n");
		exit(1);
	}
	memset(request.text, letter, BYTES);
	for (int i = 0; i < 100; i++)
		good += qb_ipcc_sendv_recv(connection, &part, 1, &response, sizeof(response), -1) ==
				sizeof(response) &&
			memcmp(request.text, response.text, BYTES) == 0;
	printf("%zu good answers\n", good);
	qb_ipcc_disconnect(connection);
}

int main(void)
{
	char name[32], byte;
	int ready[2], status = 0;
	pid_t server;

	snprintf(name, sizeof(name), "ring-%d", (int)getpid());
	if (pipe(ready) < 0 || (server = fork()) < 0)
		return 1;
	if (server == 0)
		_exit(serve(name, ready[1]));
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return 1;
	for (int i = 0; i < CONNECTIONS; i++)
		talk(name, (char)('a' + i));
	waitpid(server, &status, 0);
	printf("the server has ended: %d\n", status);
	return 0;
}
