/** A button that copies a text, and says so for a moment. */
import type { TargetedMouseEvent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { toast } from '../shell/toasts.js'
import { Button } from './button.js'

interface Props {
  readonly text: string
  /** What it copies, for a screen reader. */
  readonly label: string
  readonly children?: string
}

const saidMs = 1500

export function CopyButton({ text, label, children = 'Copy' }: Props) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), saidMs)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = (event: TargetedMouseEvent<HTMLButtonElement>) =>
    write(text, event.currentTarget).then(
      () => setCopied(true),
      () => toast('This browser lets no page copy: select the text and copy it yourself.'),
    )
  return (
    <Button look="small" onClick={copy}>
      {copied ? 'Copied' : children}
      <span class="unseen"> {label}</span>
    </Button>
  )
}

/** Where a page has no clipboard of its own, as with plain http in a LAN, it may still copy what is selected. */
async function write(text: string, near: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const area = Object.assign(document.createElement('textarea'), { value: text })
    // Beside the button: what is outside of an open dialog cannot be selected.
    near.after(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    near.focus()
    if (!done) throw new Error('The browser refused to copy.')
  }
}
