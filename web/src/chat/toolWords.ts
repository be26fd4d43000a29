/** Tools by what they do, for people. Pure. */

const WORDS: Record<string, [doing: string, done: string]> = {
  now: ["Looking at the clock", "Looked at the clock"],
  save_memory: ["Saving a memory", "Saved a memory"],
  search_memory: ["Searching the memories", "Searched the memories"],
  correct_memory: ["Correcting a memory", "Corrected a memory"],
  forget_memory: ["Forgetting a memory", "Forgot a memory"],
  set_preference: ["Noting a preference", "Noted a preference"],
  add_task: ["Adding a task", "Added a task"],
  complete_task: ["Ticking off a task", "Ticked off a task"],
  list_tasks: ["Reading the tasks", "Read the tasks"],
  write_note: ["Writing a note", "Wrote a note"],
  read_notes: ["Reading the notes", "Read the notes"],
  share_memories: ["Sharing memories", "Shared memories"],
  stop_sharing: ["Ending a sharing", "Ended a sharing"],
  list_sharing: ["Looking at what is shared", "Looked at what is shared"],
  note_finding: ["Noting a finding", "Noted a finding"],
};

export function toolWords(name: string, done: boolean): string {
  const known = WORDS[name];
  if (known) return known[done ? 1 : 0];
  const readable = name.replace(/[_-]+/g, " ").trim();
  return done ? `Used ${readable}` : `Using ${readable}`;
}

/** An argument or a result as a person reads it. */
export function readable(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
