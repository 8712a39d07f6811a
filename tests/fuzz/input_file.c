#include "tests/fuzz/input_file.h"

#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

const char *input_file_write(const uint8_t *bytes, size_t length)
{
    static int fd = -1;
    static char path[32];

    if (fd < 0) {
        fd = memfd_create("input", MFD_CLOEXEC);
        CHECK(fd >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    CHECK(ftruncate(fd, 0) == 0);
    CHECK(pwrite(fd, bytes, length, 0) == (ssize_t)length);
    return path;
}
