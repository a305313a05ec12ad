// SPDX-License-Identifier: Apache-2.0

#include "textflag.h"

// func prlimit(lim *[2]uint64) (r uintptr)
TEXT ·prlimit(SB),NOSPLIT|NOFRAME,$0-16
	MOVQ	$0, DI
	MOVQ	$7, SI
	MOVQ	$0, DX
	MOVQ	lim+0(FP), R10
	MOVQ	$302, AX
	SYSCALL
	MOVQ	AX, r+8(FP)
	RET
