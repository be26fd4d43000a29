/** What is done with a memory, by the routes of its kind: instructions have versions and are decided on as such. */

import { approveMemory, editMemory, type Memory, rejectMemory, retractMemory } from "../api/memories";
import { approveProcedure, editProcedure, rejectProcedure } from "../api/procedures";

type Next = Promise<{ memory: Memory }>;

const isInstruction = ({ kind }: Memory) => kind === "procedural";

export const approve = (memory: Memory): Next =>
  isInstruction(memory) ? approveProcedure(memory.id) : approveMemory(memory.id);

export const reject = (memory: Memory, reason: string): Next =>
  isInstruction(memory) ? rejectProcedure(memory.id, reason) : rejectMemory(memory.id, reason);

export const edit = (memory: Memory, text: string, wrong: boolean): Next =>
  isInstruction(memory) ? editProcedure(memory.id, text) : editMemory(memory.id, text, wrong);

/** A fact never was so; an instruction is followed no longer. */
export const takeBack = (memory: Memory, reason: string): Next =>
  isInstruction(memory) ? rejectProcedure(memory.id, reason) : retractMemory(memory.id, reason);
