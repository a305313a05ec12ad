/* SPDX-License-Identifier: Apache-2.0
 *
 * The handler without a libc: two system calls and nothing else, so that what
 * is measured is the server and the kernel. Built with -nostdlib.
 */
static const char answer[] = "ok\n";

__attribute__((noreturn)) void _start(void)
{
#if defined(__x86_64__)
	register long nr __asm__("rax") = 1; /* write */
	__asm__ volatile("syscall"
			 : "+r"(nr) : "D"(1L), "S"(answer), "d"(sizeof answer - 1)
			 : "rcx", "r11", "memory");
	__asm__ volatile("syscall" : : "a"(231L), "D"(0L)); /* exit_group */
#elif defined(__aarch64__)
	register long nr __asm__("x8") = 64; /* write */
	register long a0 __asm__("x0") = 1;
	register const char *a1 __asm__("x1") = answer;
	register long a2 __asm__("x2") = sizeof answer - 1;
	__asm__ volatile("svc 0" : "+r"(a0) : "r"(nr), "r"(a1), "r"(a2) : "memory");
	nr = 94; /* exit_group */
	a0 = 0;
	__asm__ volatile("svc 0" : : "r"(nr), "r"(a0));
#else
#error "no handler for this architecture"
#endif
	__builtin_unreachable();
}
