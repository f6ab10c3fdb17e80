/*
 * A disk that remembers the order of what was written to it: a FUSE file system of two files.
 *
 *     blklog IMAGE LOG DIRECTORY      stays in the foreground until DIRECTORY is unmounted
 *
 * DIRECTORY/disk is the image; a loop device makes a disk of it. Every write that reaches it and every flush is appended to
 * the log before it is answered, so that the log's order is the order in which the disk could have lost power.
 * DIRECTORY/control takes a command a write: "mark TEXT" puts TEXT into the log; "fail" makes every later write and flush of
 * the disk an I/O error, and "work" ends that.
 *
 * A record of the log, little endian: u32 kind (1 write, 2 flush, 3 mark), u32 length, u64 offset, then `length` bytes.
 */
#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, FLUSH = 2, MARK = 3 };

struct header {
	uint32_t kind;
	uint32_t length;
	uint64_t offset;
};

static int image;
static int record_log;
static int failing;

/* A log that cannot be written makes the whole trial worthless: better none than a wrong one. */
static void append(enum kind kind, uint64_t offset, const char *data, size_t length)
{
	struct header header = {kind, (uint32_t)length, offset};
	struct iovec parts[2] = {{&header, sizeof header}, {(void *)data, length}};
	if (writev(record_log, parts, 2) != (ssize_t)(sizeof header + length)) {
		perror("blklog: cannot write the log");
		abort();
	}
}

static int is_disk(const char *path) { return strcmp(path, "/disk") == 0; }
static int is_control(const char *path) { return strcmp(path, "/control") == 0; }

static int disk_getattr(const char *path, struct stat *stats, struct fuse_file_info *info)
{
	struct stat of_image;
	(void)info;
	memset(stats, 0, sizeof *stats);
	stats->st_nlink = 1;
	if (strcmp(path, "/") == 0) {
		stats->st_mode = S_IFDIR | 0700;
		stats->st_nlink = 2;
		return 0;
	}
	if (!is_disk(path) && !is_control(path)) return -ENOENT;
	stats->st_mode = S_IFREG | 0600;
	if (is_control(path)) return 0;
	if (fstat(image, &of_image) != 0) return -errno;
	stats->st_size = of_image.st_size;
	stats->st_blocks = of_image.st_blocks;
	return 0;
}

static int disk_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
                        enum fuse_readdir_flags flags)
{
	(void)path, (void)offset, (void)info, (void)flags;
	fill(buffer, "disk", NULL, 0, 0);
	fill(buffer, "control", NULL, 0, 0);
	return 0;
}

static int disk_open(const char *path, struct fuse_file_info *info)
{
	if (is_control(path)) info->direct_io = 1;
	return 0;
}

static int disk_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *info)
{
	(void)info;
	ssize_t got = is_disk(path) ? pread(image, buffer, size, offset) : 0;
	return got < 0 ? -errno : (int)got;
}

static int starts_with(const char *text, size_t length, const char *word)
{
	return length >= strlen(word) && memcmp(text, word, strlen(word)) == 0;
}

static int obey(const char *command, size_t length)
{
	if (starts_with(command, length, "mark ")) append(MARK, 0, command + 5, length - 5);
	else if (starts_with(command, length, "fail")) failing = 1;
	else if (starts_with(command, length, "work")) failing = 0;
	else return -EINVAL;
	return (int)length;
}

static int disk_write(const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *info)
{
	(void)info;
	if (is_control(path)) return obey(data, size);
	if (failing) return -EIO;
	ssize_t written = pwrite(image, data, size, offset);
	if (written < 0) return -errno;
	append(WRITE, (uint64_t)offset, data, (size_t)written);
	return (int)written;
}

static int disk_fsync(const char *path, int data_only, struct fuse_file_info *info)
{
	(void)data_only, (void)info;
	if (failing) return -EIO;
	if (is_disk(path)) append(FLUSH, 0, NULL, 0);
	return 0;
}

/* Shells open the control file with O_TRUNC. */
static int disk_truncate(const char *path, off_t size, struct fuse_file_info *info)
{
	(void)size, (void)info;
	return is_control(path) ? 0 : -EPERM;
}

static void *disk_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
	connection->max_write = 1 << 20;
	config->attr_timeout = 3600;
	config->entry_timeout = 3600;
	return NULL;
}

static const struct fuse_operations operations = {
	.init = disk_init,
	.getattr = disk_getattr,
	.readdir = disk_readdir,
	.open = disk_open,
	.read = disk_read,
	.write = disk_write,
	.fsync = disk_fsync,
	.truncate = disk_truncate,
};

int main(int count, char **arguments)
{
	if (count != 4) {
		fputs("usage: blklog IMAGE LOG DIRECTORY\n", stderr);
		return 2;
	}
	image = open(arguments[1], O_RDWR | O_CLOEXEC);
	record_log = open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (image < 0 || record_log < 0) {
		perror("blklog: cannot open the image and the log");
		return 1;
	}
	/* One thread: the order of the answers is the order of the log. */
	char *of_fuse[] = {arguments[0], "-f", "-s", arguments[3], NULL};
	return fuse_main(4, of_fuse, &operations, NULL);
}
