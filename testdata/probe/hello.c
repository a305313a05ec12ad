/* SPDX-License-Identifier: Apache-2.0
 *
 * hello: a handler that says that a client was let in, and nothing else.
 * Build: cc -O1 -static
 */
#include <unistd.h>

int main(void)
{
	return write(1, "in", 2) != 2;
}
