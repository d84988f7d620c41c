/** A button that copies a text, and says so for a moment. */
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
  const copy = () =>
    write(text).then(
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

/** A page of plain http in a LAN has no clipboard of its own, but may still copy what is selected. */
async function write(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (!done) throw new Error('The browser refused to copy.')
}
