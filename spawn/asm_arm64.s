// SPDX-License-Identifier: Apache-2.0

#include "go_asm.h"
#include "textflag.h"

// asm_amd64.s line by line; see there. Its stores are seen in order by themselves,
// here a barrier has to say so: the parent reads cur and errno after it has seen
// the kernel clear busy.
//
// Registers, kept by the kernel over every call:
//	R20 the op	R21 the frame	R22 1 in the child, 0 where a failure returns

#define SYS_rt_sigprocmask	135
#define SYS_exit	93
#define SIG_SETMASK	2
#define EBADE	52
#define ISHST	$0xa

// func startChild(c *call, ops *op, f *frame) (r uintptr)
TEXT ·startChild(SB),NOSPLIT|NOFRAME,$0-32
	MOVD	c+0(FP), R22
	MOVD	ops+8(FP), R20
	MOVD	f+16(FP), R21

	MOVD	$SIG_SETMASK, R0
	ADD	$call_all, R22, R1
	ADD	$call_old, R22, R2
	MOVD	$8, R3
	MOVD	$SYS_rt_sigprocmask, R8
	SVC

	MOVD	call_a0(R22), R0
	MOVD	call_a1(R22), R1
	MOVD	call_a2(R22), R2
	MOVD	call_a3(R22), R3
	MOVD	call_a4(R22), R4
	MOVD	call_nr(R22), R8
	SVC
	CMP	$0, R0
	BEQ	child
	MOVD	R0, R20

	MOVD	$SIG_SETMASK, R0
	ADD	$call_old, R22, R1
	MOVD	$0, R2
	MOVD	$8, R3
	MOVD	$SYS_rt_sigprocmask, R8
	SVC
	MOVD	R20, r+24(FP)
	RET
child:
	MOVD	$1, R22
	JMP	interpret<>(SB)

// func runHere(ops *op, f *frame)
TEXT ·runHere(SB),NOSPLIT|NOFRAME,$0-16
	MOVD	ops+0(FP), R20
	MOVD	f+8(FP), R21
	MOVD	$0, R22
	JMP	interpret<>(SB)

TEXT interpret<>(SB),NOSPLIT|NOFRAME,$0-0
step:
	MOVD	R20, frame_cur(R21)
	DMB	ISHST
	MOVD	op_a(R20), R0
	MOVD	(op_a+8)(R20), R1
	MOVD	(op_a+16)(R20), R2
	MOVD	(op_a+24)(R20), R3
	MOVD	(op_a+32)(R20), R4
	MOVD	(op_a+40)(R20), R5
	MOVD	op_nr(R20), R8
	SVC
	MOVD	op_flags(R20), R4
	CMN	$4095, R0
	BCS	failed
	TST	$const_opMustEqual, R4
	BEQ	next
	MOVD	(op_a+40)(R20), R5
	CMP	R5, R0
	BEQ	next
	MOVD	$EBADE, R0
	JMP	report
next:
	ADD	$op__size, R20
	JMP	step
failed:
	TST	$const_opMayFail, R4
	BNE	next
	NEG	R0, R0
report:
	MOVD	R0, frame_errno(R21)
	DMB	ISHST
	CBNZ	R22, die
	RET
die:
	MOVD	$127, R0
	MOVD	$SYS_exit, R8
	SVC
	JMP	die
