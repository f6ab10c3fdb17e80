/*
 * The floor: the least that Linux lets a signal watcher do. One inotify watch, one vfork and exec for each event; nothing
 * is checked, remembered, limited or reported. Usage: floor DIRECTORY TRIGGER
 * Only close-write and moved-to are watched, since one touch then is one event; a utime without an open is not heard.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
	if (argc != 3) return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN); /* ended triggers leave no zombies */
	int queue = inotify_init1(IN_CLOEXEC);
	if (inotify_add_watch(queue, argv[1], IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
		perror(argv[1]);
		return 1;
	}
	static char buffer[1 << 16] __attribute__((aligned(__alignof__(struct inotify_event))));
	for (;;) {
		ssize_t got = read(queue, buffer, sizeof buffer);
		if (got <= 0) return 1;
		for (char *at = buffer; at < buffer + got;) {
			struct inotify_event *event = (struct inotify_event *)at;
			if (event->len > 0 && vfork() == 0) {
				execl(argv[2], argv[2], event->name, (char *)0);
				_exit(127);
			}
			at += sizeof *event + event->len;
		}
	}
}
