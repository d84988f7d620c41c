/** Enter sends what is written in a field of several lines; Shift and Enter begins a new line. */
import type { TargetedKeyboardEvent } from 'preact'

/** Enter alone. An input method uses it to end a word. */
export function sendOnEnter(event: TargetedKeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  event.currentTarget.form?.requestSubmit()
}

/** Enter with Ctrl or ⌘, where Enter alone begins a line. */
export function sendOnCtrlEnter(event: TargetedKeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit()
}
