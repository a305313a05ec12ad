// SPDX-License-Identifier: Apache-2.0

#include "textflag.h"

// func prlimit(lim *[2]uint64) (r uintptr)
TEXT ·prlimit(SB),NOSPLIT|NOFRAME,$0-16
	MOVD	$0, R0
	MOVD	$7, R1
	MOVD	$0, R2
	MOVD	lim+0(FP), R3
	MOVD	$261, R8
	SVC
	MOVD	R0, r+8(FP)
	RET
