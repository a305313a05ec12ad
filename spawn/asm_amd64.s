// SPDX-License-Identifier: Apache-2.0

#include "go_asm.h"
#include "textflag.h"

// The child shares memory with its parent, whose goroutine runs on. So from the
// clone to the exec it touches no stack, no g and no TLS: registers, the ops and
// two words of the frame are all. A signal frame would be a stack, which is why
// signals are blocked before and stay so in the child up to its last step but one.
//
// Registers, kept by the kernel over every call:
//	R12 the op	R13 the frame	BX 1 in the child, 0 where a failure returns

#define SYS_rt_sigprocmask	14
#define SYS_exit	60
#define SIG_SETMASK	2
#define EBADE	52

// func startChild(c *call, ops *op, f *frame) (r uintptr)
TEXT ·startChild(SB),NOSPLIT|NOFRAME,$0-32
	MOVQ	c+0(FP), BX
	MOVQ	ops+8(FP), R12
	MOVQ	f+16(FP), R13

	MOVQ	$SIG_SETMASK, DI
	LEAQ	call_all(BX), SI
	LEAQ	call_old(BX), DX
	MOVQ	$8, R10
	MOVQ	$SYS_rt_sigprocmask, AX
	SYSCALL

	MOVQ	call_a0(BX), DI
	MOVQ	call_a1(BX), SI
	MOVQ	call_a2(BX), DX
	MOVQ	call_a3(BX), R10
	MOVQ	call_a4(BX), R8
	MOVQ	call_nr(BX), AX
	SYSCALL
	TESTQ	AX, AX
	JEQ	child
	MOVQ	AX, R12

	MOVQ	$SIG_SETMASK, DI
	LEAQ	call_old(BX), SI
	MOVQ	$0, DX
	MOVQ	$8, R10
	MOVQ	$SYS_rt_sigprocmask, AX
	SYSCALL
	MOVQ	R12, r+24(FP)
	RET
child:
	MOVQ	$1, BX
	JMP	interpret<>(SB)

// func runHere(ops *op, f *frame)
TEXT ·runHere(SB),NOSPLIT|NOFRAME,$0-16
	MOVQ	ops+0(FP), R12
	MOVQ	f+8(FP), R13
	MOVQ	$0, BX
	JMP	interpret<>(SB)

// interpret is jumped to. The store to cur comes before the call and the one to
// errno before the exit, on every processor that can see them.
TEXT interpret<>(SB),NOSPLIT|NOFRAME,$0-0
step:
	MOVQ	R12, frame_cur(R13)
	MOVQ	op_a(R12), DI
	MOVQ	(op_a+8)(R12), SI
	MOVQ	(op_a+16)(R12), DX
	MOVQ	(op_a+24)(R12), R10
	MOVQ	(op_a+32)(R12), R8
	MOVQ	(op_a+40)(R12), R9
	MOVQ	op_nr(R12), AX
	SYSCALL
	MOVQ	op_flags(R12), R8
	CMPQ	AX, $0xfffffffffffff001
	JCC	failed
	TESTQ	$const_opMustEqual, R8
	JEQ	next
	CMPQ	AX, (op_a+40)(R12)
	JEQ	next
	MOVQ	$EBADE, AX
	JMP	report
next:
	ADDQ	$op__size, R12
	JMP	step
failed:
	TESTQ	$const_opMayFail, R8
	JNE	next
	NEGQ	AX
report:
	MOVQ	AX, frame_errno(R13)
	TESTQ	BX, BX
	JNE	die
	RET
die:
	MOVQ	$127, DI
	MOVQ	$SYS_exit, AX
	SYSCALL
	JMP	die
