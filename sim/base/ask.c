#include "sim/base/ask.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(char *const argv[], int out)
{
    int nowhere = open("/dev/null", O_RDWR);
    dup2(out, STDOUT_FILENO);
    if (nowhere >= 0) {
        dup2(nowhere, STDIN_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
    execvp(argv[0], argv);
    _exit(EXIT_FAILURE);
}

bool ask_program(char *const argv[], char *out, size_t room)
{
    int says[2];
    size_t len = 0;
    ssize_t got = 0;
    out[0] = 0;
    if (pipe2(says, O_CLOEXEC) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        become(argv, says[1]);
    close(says[1]);
    while (pid > 0 && len < room - 1 && (got = read(says[0], out + len, room - 1 - len)) > 0)
        len += (size_t)got;
    out[len] = 0;
    close(says[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return len > 0;
}
