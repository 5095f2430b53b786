/*
 * For the user-mode Linux guest on processors whose registers take more room than it knows of (AMX: 11,008 bytes). Its kernel 6.1 gives
 * ptrace() the 2,696 bytes that it saved of a process, which the host refuses, as it takes all registers or none; the guest's init then
 * dies of it. Loaded in front of libc (LD_PRELOAD), this gives the host the rest as it is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#define NT_X86_XSTATE 0x202
#define MOST 65536

typedef long (*Ptrace)(enum __ptrace_request, pid_t, void *, void *);

static long set_whole(Ptrace next, pid_t pid, void *set, const struct iovec *saved) {
  static char registers[MOST] __attribute__((aligned(64)));
  struct iovec whole = {registers, sizeof registers};
  if (next(PTRACE_GETREGSET, pid, set, &whole) != 0 || whole.iov_len <= saved->iov_len)
    return next(PTRACE_SETREGSET, pid, set, (void *)saved);
  memcpy(registers, saved->iov_base, saved->iov_len);
  return next(PTRACE_SETREGSET, pid, set, &whole);
}

long ptrace(enum __ptrace_request request, ...) {
  static Ptrace next;
  va_list rest;
  va_start(rest, request);
  pid_t pid = va_arg(rest, pid_t);
  void *address = va_arg(rest, void *);
  void *data = va_arg(rest, void *);
  va_end(rest);
  if (!next) next = (Ptrace)dlsym(RTLD_NEXT, "ptrace");
  if (request == PTRACE_SETREGSET && (long)address == NT_X86_XSTATE) return set_whole(next, pid, address, data);
  return next(request, pid, address, data);
}
