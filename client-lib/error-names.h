/* SPDX-License-Identifier: MIT */
/*
 * Every error code of NSPR 4.35: its name, its value, and what it says to people.
 *
 * The values stand here and in prerr.h; error-names.c refuses to compile where the two differ.
 * Most codes are about files and networks, which this library never uses. They are here because a
 * program may pass any code to PR_SetError, and may ask for the name of any code.
 */
#ifndef PRSHM_ERROR_NAMES_H
#define PRSHM_ERROR_NAMES_H

#define ERROR_NAMES(X)                                                                             \
	X(PR_OUT_OF_MEMORY_ERROR, -6000, "Out of memory")                                          \
	X(PR_BAD_DESCRIPTOR_ERROR, -5999, "Not an open file descriptor")                           \
	X(PR_WOULD_BLOCK_ERROR, -5998, "Cannot be done without waiting")                           \
	X(PR_ACCESS_FAULT_ERROR, -5997, "An argument points outside of memory")                    \
	X(PR_INVALID_METHOD_ERROR, -5996, "This kind of file cannot do that")                      \
	X(PR_ILLEGAL_ACCESS_ERROR, -5995, "An argument points to memory not to be used")           \
	X(PR_UNKNOWN_ERROR, -5994, "Failed for a reason without a code")                           \
	X(PR_PENDING_INTERRUPT_ERROR, -5993, "Another thread interrupted the call")                \
	X(PR_NOT_IMPLEMENTED_ERROR, -5992, "Not implemented")                                      \
	X(PR_IO_ERROR, -5991, "Input or output failed")                                            \
	X(PR_IO_TIMEOUT_ERROR, -5990, "Input or output took too long")                             \
	X(PR_IO_PENDING_ERROR, -5989, "The descriptor is busy with an earlier request")            \
	X(PR_DIRECTORY_OPEN_ERROR, -5988, "Cannot open the directory")                             \
	X(PR_INVALID_ARGUMENT_ERROR, -5987, "Invalid argument")                                    \
	X(PR_ADDRESS_NOT_AVAILABLE_ERROR, -5986, "The network address cannot be had here")         \
	X(PR_ADDRESS_NOT_SUPPORTED_ERROR, -5985, "Unsupported kind of network address")            \
	X(PR_IS_CONNECTED_ERROR, -5984, "The socket has a connection already")                     \
	X(PR_BAD_ADDRESS_ERROR, -5983, "Malformed network address")                                \
	X(PR_ADDRESS_IN_USE_ERROR, -5982, "The network address is taken")                          \
	X(PR_CONNECT_REFUSED_ERROR, -5981, "Nobody accepts the connection")                        \
	X(PR_NETWORK_UNREACHABLE_ERROR, -5980, "No way to that network")                           \
	X(PR_CONNECT_TIMEOUT_ERROR, -5979, "Connecting took too long")                             \
	X(PR_NOT_CONNECTED_ERROR, -5978, "The socket has no connection")                           \
	X(PR_LOAD_LIBRARY_ERROR, -5977, "Cannot load the library")                                 \
	X(PR_UNLOAD_LIBRARY_ERROR, -5976, "Cannot unload the library")                             \
	X(PR_FIND_SYMBOL_ERROR, -5975, "No loaded library has that symbol")                        \
	X(PR_INSUFFICIENT_RESOURCES_ERROR, -5974, "A limit on resources is reached")               \
	X(PR_DIRECTORY_LOOKUP_ERROR, -5973, "The host's name or address cannot be looked up")      \
	X(PR_TPD_RANGE_ERROR, -5972, "No such key of thread-private data")                         \
	X(PR_PROC_DESC_TABLE_FULL_ERROR, -5971, "The process has too many open files")             \
	X(PR_SYS_DESC_TABLE_FULL_ERROR, -5970, "The system has too many open files")               \
	X(PR_NOT_SOCKET_ERROR, -5969, "The descriptor is not a socket")                            \
	X(PR_NOT_TCP_SOCKET_ERROR, -5968, "The descriptor is not a TCP socket")                    \
	X(PR_SOCKET_ADDRESS_IS_BOUND_ERROR, -5967, "The socket has an address already")            \
	X(PR_NO_ACCESS_RIGHTS_ERROR, -5966, "Permission denied")                                   \
	X(PR_OPERATION_NOT_SUPPORTED_ERROR, -5965, "This platform cannot do that")                 \
	X(PR_PROTOCOL_NOT_SUPPORTED_ERROR, -5964, "This system does not know the protocol")        \
	X(PR_REMOTE_FILE_ERROR, -5963, "The remote file is out of reach")                          \
	X(PR_BUFFER_OVERFLOW_ERROR, -5962, "Too long for the buffer")                              \
	X(PR_CONNECT_RESET_ERROR, -5961, "The peer broke off the connection")                      \
	X(PR_RANGE_ERROR, -5960, "Out of range")                                                   \
	X(PR_DEADLOCK_ERROR, -5959, "Waiting here would never end")                                \
	X(PR_FILE_IS_LOCKED_ERROR, -5958, "Somebody holds a lock on the file")                     \
	X(PR_FILE_TOO_BIG_ERROR, -5957, "Larger than the system allows")                           \
	X(PR_NO_DEVICE_SPACE_ERROR, -5956, "No space left on the device")                          \
	X(PR_PIPE_ERROR, -5955, "Nobody reads from the pipe")                                      \
	X(PR_NO_SEEK_DEVICE_ERROR, -5954, "This device has no positions to seek to")               \
	X(PR_IS_DIRECTORY_ERROR, -5953, "Is a directory")                                          \
	X(PR_LOOP_ERROR, -5952, "The symbolic links go round in a circle")                         \
	X(PR_NAME_TOO_LONG_ERROR, -5951, "The name, or a part of it, is too long")                 \
	X(PR_FILE_NOT_FOUND_ERROR, -5950, "Nothing has that name")                                 \
	X(PR_NOT_DIRECTORY_ERROR, -5949, "Not a directory")                                        \
	X(PR_READ_ONLY_FILESYSTEM_ERROR, -5948, "The file system is read-only")                    \
	X(PR_DIRECTORY_NOT_EMPTY_ERROR, -5947, "The directory still has entries")                  \
	X(PR_FILESYSTEM_MOUNTED_ERROR, -5946, "The file system is in use")                         \
	X(PR_NOT_SAME_DEVICE_ERROR, -5945, "The two names are on different devices")               \
	X(PR_DIRECTORY_CORRUPTED_ERROR, -5944, "The directory is damaged")                         \
	X(PR_FILE_EXISTS_ERROR, -5943, "The name exists already")                                  \
	X(PR_MAX_DIRECTORY_ENTRIES_ERROR, -5942, "The directory has no room for another entry")    \
	X(PR_INVALID_DEVICE_STATE_ERROR, -5941, "The device is not ready for that")                \
	X(PR_DEVICE_IS_LOCKED_ERROR, -5940, "Somebody holds a lock on the device")                 \
	X(PR_NO_MORE_FILES_ERROR, -5939, "The directory's entries have all been read")             \
	X(PR_END_OF_FILE_ERROR, -5938, "The file ends here")                                       \
	X(PR_FILE_SEEK_ERROR, -5937, "Cannot go to that position of the file")                     \
	X(PR_FILE_IS_BUSY_ERROR, -5936, "The file is in use")                                      \
	X(PR_OPERATION_ABORTED_ERROR, -5935, "The request was called off")                         \
	X(PR_IN_PROGRESS_ERROR, -5934, "Begun, and not finished yet")                              \
	X(PR_ALREADY_INITIATED_ERROR, -5933, "Begun before this call")                             \
	X(PR_GROUP_EMPTY_ERROR, -5932, "The wait group has no members")                            \
	X(PR_INVALID_STATE_ERROR, -5931, "The object is not in a state for that")                  \
	X(PR_NETWORK_DOWN_ERROR, -5930, "The network does not work")                               \
	X(PR_SOCKET_SHUTDOWN_ERROR, -5929, "The socket has been shut down")                        \
	X(PR_CONNECT_ABORTED_ERROR, -5928, "The connection was given up")                          \
	X(PR_HOST_UNREACHABLE_ERROR, -5927, "No way to that host")                                 \
	X(PR_LIBRARY_NOT_LOADED_ERROR, -5926, "That library has not been loaded")                  \
	X(PR_CALL_ONCE_ERROR, -5925, "The one-time call failed earlier, with a code now lost")     \
	X(PR_MAX_ERROR, -5924, "Not an error: the end of the list")

#endif
