/** A small count or word beside something. */
import type { ComponentChildren } from 'preact'

interface Props {
  /** What a screen reader says instead. */
  readonly label?: string
  readonly children: ComponentChildren
}

export function Badge({ label, children }: Props) {
  return (
    <span class="badge">
      <span aria-hidden={label ? true : undefined}>{children}</span>
      {label && <span class="unseen">{label}</span>}
    </span>
  )
}
