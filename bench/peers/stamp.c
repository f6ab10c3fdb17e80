/*
 * The trigger of every bench: says when it began (CLOCK_MONOTONIC, in ns) and which argument it got, to the FIFO `stamps`
 * two directories above itself. With -DLINGER_MS=N it then stays that long and says when it ends.
 * Linked statically, so that what is timed is the watcher and not the dynamic linker.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void say(int fifo, char what, long long when, const char *argument) {
	char line[512]; /* shorter than PIPE_BUF: two writers never mix */
	int length = snprintf(line, sizeof line, "%c %lld %d %.200s\n", what, when, getpid(), argument);
	if (write(fifo, line, length) != length) _exit(3);
}

int main(int argc, char **argv) {
	long long began = now();
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
	if (length < 0) return 2;
	path[length] = 0;
	for (int up = 0; up < 2; up++) *strrchr(path, '/') = 0;
	strcat(path, "/stamps");
	int fifo = open(path, O_WRONLY);
	if (fifo < 0) return 2;
	const char *argument = argc > 1 ? argv[1] : "";
	say(fifo, 'S', began, argument);
#ifdef LINGER_MS
	struct timespec span = {LINGER_MS / 1000, (LINGER_MS % 1000) * 1000000L};
	nanosleep(&span, 0);
	say(fifo, 'E', now(), argument);
#endif
	return 0;
}
