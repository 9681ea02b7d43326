/* SPDX-License-Identifier: MIT */
/* The processes that spawn.c makes of this program, told by their arguments. */
#ifndef PRSHM_BENCH_SPAWN_H
#define PRSHM_BENCH_SPAWN_H

/* The status to exit with, or -1: this is not one of them. */
int spawned_main(int argc, char **argv);

#endif
