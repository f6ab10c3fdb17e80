/*
 * killat: runs a command and all that descends from it in a PID namespace of its own, and counts the system calls of all its
 * threads and processes that change something below the given paths, in one global count. At the N-th it kills the
 * whole namespace, or lets that call fail.
 *
 *     killat [-p PATH]… [-n N [-a | -e ERRNO [-s]]] [-r] [-l LOG] [-o RESULT] [-t SECONDS] -- COMMAND ARGUMENT…
 *
 *     -p PATH     what counts: calls that name something at or below PATH, a real absolute path; may be given up to eight times
 *     -n N        the N-th call that counts is the one; without it all are counted and nothing is broken
 *     -a          kill when that call was done, instead of before it
 *     -e ERRNO    do not kill: that call fails with this number
 *     -s          all calls after it fail as well
 *     -r          opening for reading counts too
 *     -l LOG      a line a call that counts: number, process, name, paths
 *     -o RESULT   one line at the end: calls, fired (0 or 1), code, processes left running; a line for each of these
 *     -t SECONDS  kill it all when it takes longer, and end with 124
 *
 * Ends with the command's own code, 137 when it killed, 124 when it took too long, 2 when it could not run.
 * How: a seccomp filter hands each call of the table below to this process before the kernel runs it (user notification,
 * Linux 5.5 and later). Stores through mmap and io_uring pass unseen. Needs root for the namespace.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define PATH_CAP 4400
#define MAX_PREFIXES 8

/* Where a call's paths are. F: a descriptor. P: a path. A: a directory descriptor and a path. The number is the argument. */
enum shape { F0, F2, P0, P1, P0P1, A0, A1, A0A2, OPEN, OPENAT, OPENAT2, CREAT };

struct call {
	int number;
	const char *name;
	enum shape shape;
};

#define CALL(name, shape) {__NR_##name, #name, shape}
static const struct call calls[] = {
#ifdef __NR_open /* older names, which newer machines (arm64) do not have */
	CALL(open, OPEN), CALL(creat, CREAT), CALL(rename, P0P1), CALL(link, P0P1), CALL(symlink, P1), CALL(unlink, P0),
	CALL(mkdir, P0), CALL(rmdir, P0), CALL(mknod, P0), CALL(chmod, P0), CALL(chown, P0), CALL(lchown, P0), CALL(utime, P0),
	CALL(utimes, P0), CALL(futimesat, A0),
#endif
#ifdef __NR_renameat
	CALL(renameat, A0A2),
#endif
#ifdef __NR_fchmodat2
	CALL(fchmodat2, A0),
#endif
	CALL(openat, OPENAT), CALL(openat2, OPENAT2), CALL(renameat2, A0A2), CALL(linkat, A0A2), CALL(symlinkat, A1),
	CALL(unlinkat, A0), CALL(mkdirat, A0), CALL(mknodat, A0), CALL(fchmodat, A0), CALL(fchownat, A0), CALL(utimensat, A0),
	CALL(truncate, P0), CALL(ftruncate, F0), CALL(fallocate, F0), CALL(fchmod, F0), CALL(fchown, F0), CALL(write, F0),
	CALL(writev, F0), CALL(pwrite64, F0), CALL(pwritev, F0), CALL(pwritev2, F0), CALL(sendfile, F0), CALL(copy_file_range, F2),
	CALL(fsync, F0), CALL(fdatasync, F0), CALL(syncfs, F0), CALL(sync_file_range, F0), CALL(setxattr, P0), CALL(lsetxattr, P0),
	CALL(fsetxattr, F0), CALL(removexattr, P0), CALL(lremovexattr, P0), CALL(fremovexattr, F0),
};
#define CALLS (int)(sizeof calls / sizeof calls[0])

static struct {
	const char *prefixes[MAX_PREFIXES];
	int prefix_count;
	long at;
	int after, error, sticky, reading, limit;
	FILE *log;
	const char *result;
} settings = {.prefix_count = 0};

static void fail(const char *what) {
	fprintf(stderr, "killat: %s: %s\n", what, strerror(errno));
	_exit(2);
}

/* ---- what a stopped call names ---- */

static int read_memory(pid_t pid, unsigned long long address, void *out, size_t size) {
	char file[64];
	snprintf(file, sizeof file, "/proc/%d/mem", pid);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return -1;
	ssize_t got = pread(fd, out, size, (off_t)address);
	close(fd);
	return got > 0 ? (int)got : -1;
}

/* What /proc/PID/WHAT links to; empty when it is no link or gone. */
static void read_place(pid_t pid, const char *what, char *out, size_t size) {
	char file[64];
	snprintf(file, sizeof file, "/proc/%d/%s", pid, what);
	ssize_t got = readlink(file, out, size - 1);
	out[got < 0 ? 0 : got] = 0;
}

static void descriptor_path(pid_t pid, int fd, char *out, size_t size) {
	char what[32];
	snprintf(what, sizeof what, "fd/%d", fd);
	read_place(pid, what, out, size);
}

/* Takes ".", ".." and double slashes out of an absolute path, as text. */
static void straighten(char *path) {
	char *to = path;
	for (char *from = path; *from;) {
		while (*from == '/') from++;
		size_t length = strcspn(from, "/");
		if (length == 0) break;
		if (length == 2 && from[0] == '.' && from[1] == '.') {
			while (to > path && *--to != '/') {}
		} else if (!(length == 1 && from[0] == '.')) {
			*to++ = '/';
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	if (to == path) *to++ = '/';
	*to = 0;
}

/* /proc/self/fd/7/name means a name in the directory that descriptor 7 is open on. */
static void follow_descriptor(pid_t pid, char *path, size_t size) {
	static const char *const selves[] = {"/proc/self/fd/", "/dev/fd/"};
	for (int i = 0; i < 2; i++) {
		size_t length = strlen(selves[i]);
		if (strncmp(path, selves[i], length) || !isdigit((unsigned char)path[length])) continue;
		char *rest, base[PATH_CAP], whole[2 * PATH_CAP];
		descriptor_path(pid, (int)strtol(path + length, &rest, 10), base, sizeof base);
		if (base[0] != '/') return;
		snprintf(whole, sizeof whole, "%s%s", base, rest);
		snprintf(path, size, "%s", whole);
	}
}

static void named_path(pid_t pid, int directory, unsigned long long address, char *out, size_t size) {
	char text[PATH_CAP], base[PATH_CAP];
	out[0] = 0;
	if (address == 0) return descriptor_path(pid, directory, out, size);
	int got = read_memory(pid, address, text, sizeof text - 1);
	if (got < 0) return;
	text[got] = 0;
	if (text[0] == '/') snprintf(out, size, "%s", text);
	else {
		if (directory == AT_FDCWD) read_place(pid, "cwd", base, sizeof base);
		else descriptor_path(pid, directory, base, sizeof base);
		if (base[0] != '/') return;
		if (text[0] == 0) snprintf(out, size, "%s", base);
		else snprintf(out, size, "%.4200s/%.4200s", base, text);
	}
	straighten(out);
	follow_descriptor(pid, out, size);
}

static int is_below(const char *path) {
	for (int i = 0; i < settings.prefix_count; i++) {
		size_t length = strlen(settings.prefixes[i]);
		if (!strncmp(path, settings.prefixes[i], length) && (path[length] == 0 || path[length] == '/')) return 1;
	}
	return 0;
}

static int opening_counts(unsigned long long flags) {
	return settings.reading || (flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE;
}

/* Finds the paths of a stopped call; returns whether it is one that changes something. */
static int paths_of(const struct call *call, pid_t pid, const unsigned long long *arg, char *one, char *two, size_t size) {
	unsigned long long flags = 0;
	one[0] = two[0] = 0;
	switch (call->shape) {
	case F0: descriptor_path(pid, (int)arg[0], one, size); return 1;
	case F2: descriptor_path(pid, (int)arg[2], one, size); return 1;
	case P0: case CREAT: named_path(pid, AT_FDCWD, arg[0], one, size); return 1;
	case P1: named_path(pid, AT_FDCWD, arg[1], one, size); return 1;
	case P0P1:
		named_path(pid, AT_FDCWD, arg[0], one, size);
		named_path(pid, AT_FDCWD, arg[1], two, size);
		return 1;
	case A0: named_path(pid, (int)arg[0], arg[1], one, size); return 1;
	case A1: named_path(pid, (int)arg[1], arg[2], one, size); return 1;
	case A0A2:
		named_path(pid, (int)arg[0], arg[1], one, size);
		named_path(pid, (int)arg[2], arg[3], two, size);
		return 1;
	case OPEN:
		if (!opening_counts(arg[1])) return 0;
		named_path(pid, AT_FDCWD, arg[0], one, size);
		return 1;
	case OPENAT:
		if (!opening_counts(arg[2])) return 0;
		named_path(pid, (int)arg[0], arg[1], one, size);
		return 1;
	case OPENAT2:
		if (read_memory(pid, arg[2], &flags, sizeof flags) < 0 || !opening_counts(flags)) return 0;
		named_path(pid, (int)arg[0], arg[1], one, size);
		return 1;
	}
	return 0;
}

/* ---- the namespace: its first process, and the command below it ---- */

static void send_descriptor(int socket, int fd) {
	char byte = 0, control[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(head), &fd, sizeof fd);
	if (sendmsg(socket, &message, 0) < 0) fail("sendmsg");
}

static int receive_descriptor(int socket) {
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	int fd = -1;
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0 || CMSG_FIRSTHDR(&message) == NULL) return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
	return fd;
}

static int install_filter(void) {
	struct sock_filter code[CALLS + 3];
	int length = 0;
	code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (int i = 0; i < CALLS; i++)
		code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].number, (unsigned char)(CALLS - i), 0);
	code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	struct sock_fprog program = {(unsigned short)length, code};
	/* Killable: a signal that comes while a call is looked at does not make it come again, and count twice. */
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (fd < 0 && errno == EINVAL) fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return (int)fd;
}

static void become_command(int socket, char **command) {
	int listener = install_filter();
	if (listener < 0) fail("seccomp");
	send_descriptor(socket, listener);
	close(listener);
	close(socket);
	execvp(command[0], command);
	/* No stdio: its write would have to be answered, which it is, but nothing more may run here. */
	_exit(127);
}

/* One line a process of the namespace that lives besides the first: what the command left running. */
static int list_left(char *out, size_t size) {
	int count = 0;
	size_t used = 0;
	out[0] = 0;
	DIR *processes = opendir("/proc");
	for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
		char file[300], text[400];
		if (!isdigit((unsigned char)entry->d_name[0]) || !strcmp(entry->d_name, "1")) continue;
		snprintf(file, sizeof file, "/proc/%s/cmdline", entry->d_name);
		int fd = open(file, O_RDONLY | O_CLOEXEC);
		ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
		if (fd >= 0) close(fd);
		if (got <= 0) continue; /* ended, and not yet waited for */
		for (ssize_t i = 0; i < got; i++) if (text[i] == 0 || text[i] == '\n') text[i] = ' ';
		text[got] = 0;
		count++;
		if (used + 420 < size) used += (size_t)snprintf(out + used, size - used, "%s\n", text);
	}
	if (processes != NULL) closedir(processes);
	return count;
}

struct end {
	int code;
	int left;
	char commands[8192];
};

/* The namespace's first process: when it dies, the kernel kills all others at once. Tells by the pipe how the command ended. */
static void be_first(int socket, int pipe, char **command) {
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("proc", "/proc", "proc", 0, NULL)) fail("mount /proc");
	pid_t worker = fork();
	if (worker < 0) fail("fork");
	if (worker == 0) {
		close(pipe);
		become_command(socket, command);
	}
	close(socket);
	int status = 0;
	for (pid_t ended; (ended = wait(&status)) != worker;)
		if (ended < 0 && errno != EINTR) break;
	static struct end end;
	end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	end.left = list_left(end.commands, sizeof end.commands);
	if (write(pipe, &end, sizeof end) != (ssize_t)sizeof end) _exit(2);
	_exit(0);
}

/* ---- watching ---- */

static int listener;
static pid_t first;
static struct seccomp_notif *request;

static void answer(unsigned long long id, int error) {
	struct seccomp_notif_resp response = {.id = id, .error = -error};
	if (error == 0) response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* Lets a call through and waits until its thread comes with another one, or for ten milliseconds; all others stand still. */
static void let_it_be_done(void) {
	pid_t thread = (pid_t)request->pid;
	answer(request->id, 0);
	for (int waited = 0; waited < 10; waited++) {
		struct pollfd ready = {listener, POLLIN, 0};
		if (poll(&ready, 1, 1) <= 0) continue;
		memset(request, 0, 4096);
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, request) == 0 && (pid_t)request->pid == thread) return;
	}
}

static const struct call *call_of(int number) {
	for (int i = 0; i < CALLS; i++) if (calls[i].number == number) return &calls[i];
	return NULL;
}

/* Counts one stopped call and answers it. Returns whether everything is to be killed now. */
static int handle(long *count, int *fired) {
	static char one[2 * PATH_CAP], two[2 * PATH_CAP];
	const struct call *call = call_of(request->data.nr);
	const unsigned long long *arguments = (const unsigned long long *)request->data.args;
	int changes = call != NULL && paths_of(call, (pid_t)request->pid, arguments, one, two, sizeof one);
	if (!changes || !(is_below(one) || is_below(two))) {
		answer(request->id, 0);
		return 0;
	}
	*count += 1;
	if (settings.log != NULL) {
		fprintf(settings.log, "%ld %u %s %s%s%s\n", *count, request->pid, call->name, one, two[0] ? " -> " : "", two);
		fflush(settings.log);
	}
	int is_it = settings.at > 0 && (*count == settings.at || (settings.error && settings.sticky && *count > settings.at));
	if (!is_it) {
		answer(request->id, 0);
		return 0;
	}
	*fired = 1;
	if (settings.error) {
		answer(request->id, settings.error);
		return 0;
	}
	if (settings.after) let_it_be_done();
	return 1;
}

static long long now_ms(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* Watches until the command has ended or was killed: 0, 137 or 124. */
static int watch(int pipe, struct end *end, long *count, int *fired) {
	long long limit = settings.limit > 0 ? now_ms() + settings.limit * 1000LL : 0;
	for (;;) {
		struct pollfd ready[2] = {{pipe, POLLIN, 0}, {listener, POLLIN, 0}};
		poll(ready, 2, 500);
		if (limit && now_ms() > limit) return 124;
		if (ready[0].revents & POLLIN) return read(pipe, end, sizeof *end) == (ssize_t)sizeof *end ? 0 : 2;
		if (ready[0].revents & POLLHUP) return 2;
		if (!(ready[1].revents & POLLIN)) {
			if (ready[1].revents & (POLLHUP | POLLERR)) listener = -1;
			continue;
		}
		memset(request, 0, 4096);
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, request)) continue; /* its process died in between */
		if (handle(count, fired)) return 137;
	}
}

static void read_settings(int argc, char **argv) {
	for (int option; (option = getopt(argc, argv, "+p:n:ae:srl:o:t:")) != -1;) {
		switch (option) {
		case 'p':
			if (settings.prefix_count == MAX_PREFIXES) _exit(2);
			settings.prefixes[settings.prefix_count++] = optarg;
			break;
		case 'n': settings.at = atol(optarg); break;
		case 'a': settings.after = 1; break;
		case 'e': settings.error = atoi(optarg); break;
		case 's': settings.sticky = 1; break;
		case 'r': settings.reading = 1; break;
		case 'l':
			settings.log = fopen(optarg, "we");
			if (settings.log == NULL) fail(optarg);
			break;
		case 'o': settings.result = optarg; break;
		case 't': settings.limit = atoi(optarg); break;
		default: _exit(2);
		}
	}
	if (optind >= argc) {
		fprintf(stderr, "killat: no command; see the head of killat.c\n");
		_exit(2);
	}
}

static void write_result(long count, int fired, int code, const struct end *end) {
	if (settings.result == NULL) return;
	FILE *file = fopen(settings.result, "we");
	if (file == NULL) fail(settings.result);
	fprintf(file, "%ld %d %d %d\n%s", count, fired, code, end->left, end->commands);
	if (fclose(file)) fail(settings.result);
}

int main(int argc, char **argv) {
	static struct end end;
	int sockets[2], ends[2], fired = 0;
	long count = 0;
	read_settings(argc, argv);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) || pipe2(ends, O_CLOEXEC)) fail("pipe");
	if (unshare(CLONE_NEWPID)) fail("unshare");
	first = fork();
	if (first < 0) fail("fork");
	if (first == 0) {
		close(sockets[0]);
		close(ends[0]);
		be_first(sockets[1], ends[1], argv + optind);
	}
	close(sockets[1]);
	close(ends[1]);
	listener = receive_descriptor(sockets[0]);
	request = calloc(1, 4096);
	if (listener < 0 || request == NULL) return 2;
	int how = watch(ends[0], &end, &count, &fired);
	kill(first, SIGKILL);
	while (waitpid(first, NULL, 0) < 0 && errno == EINTR) {}
	int code = how == 0 ? end.code : how;
	write_result(count, fired, code, &end);
	return code;
}
