#include "storage/ctl/interrupt.h"

#include <errno.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

int interrupt_open(struct interrupt *i)
{
    sigset_t set;

    *i = (struct interrupt){.fd = -1};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &i->before);
    i->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (i->fd >= 0)
        return 0;
    sigprocmask(SIG_SETMASK, &i->before, NULL);
    return -errno;
}

bool interrupt_came(struct interrupt *i)
{
    struct signalfd_siginfo info;

    if (i->fd >= 0 && !i->number && read(i->fd, &info, sizeof(info)) == sizeof(info))
        i->number = (int)info.ssi_signo;
    return i->number != 0;
}

void interrupt_close(struct interrupt *i)
{
    if (i->fd < 0)
        return;
    close(i->fd);
    i->fd = -1;
    sigprocmask(SIG_SETMASK, &i->before, NULL);
    if (!i->number)
        return;
    fflush(stdout);
    signal(i->number, SIG_DFL);
    raise(i->number);
}
