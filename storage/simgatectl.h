/*
 * The commands of simgatectl. Each gets the words behind its name and the --store that was given,
 * writes its answer to standard output and complaints to standard error, and returns the program's
 * exit code.
 */
#ifndef SIMGATE_STORAGE_SIMGATECTL_H
#define SIMGATE_STORAGE_SIMGATECTL_H

enum ctl_exit {
    CTL_OK = 0,
    CTL_NO = 1,    /* the answer is no, or the file is wrong */
    CTL_USAGE = 2, /* the command line is wrong */
};

#define CTL_WORDS_MAX 8

struct ctl_arguments {
    unsigned count;
    const char *words[CTL_WORDS_MAX];
    const char *store; /* NULL: not given */
};

int ctl_check(const struct ctl_arguments *arguments);
int ctl_device_list(const struct ctl_arguments *arguments);
int ctl_device_show(const struct ctl_arguments *arguments);

#endif
