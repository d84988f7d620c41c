/** Bringing somebody in: the link, a second window, and a code for a phone. */
import './share.css'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { CopyButton } from '../parts/copy.js'
import { qrCode } from './qr.js'

export function ShareDialog({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog class="asking share" ref={dialog} aria-labelledby="share" onClose={onClose}>
      <h2 id="share">Bring somebody in</h2>
      <div class="ways-in">
        <CopyButton text={location.href} label="of this page">
          Copy link
        </CopyButton>
        <Button look="small" onClick={openWindow}>
          Open a second window
        </Button>
      </div>
      <p>Windows of one browser are one visitor. A private window, another browser or a phone is another.</p>
      <h2>On your phone</h2>
      <Phone />
      {!isSecureContext && (
        <p>
          This page came by plain http. It works, but its tabs share no connection, and your desktop shows none of its
          notices: browsers keep both for https.
        </p>
      )}
      <div class="answers">
        <Button onClick={() => dialog.current?.close()}>Close</Button>
      </div>
    </dialog>
  )
}

/** At the right half of the screen, so that both are seen. */
function openWindow(): void {
  const [width, height] = [Math.round(screen.availWidth / 2), screen.availHeight]
  open(location.href, '', `popup,width=${width},height=${height},left=${width},top=0`)
}

function Phone() {
  const [urls, setUrls] = useState<readonly string[]>()
  useEffect(() => {
    fetch('/lan')
      .then((response) => response.json())
      .then(setUrls)
      .catch(() => setUrls([]))
  }, [])
  if (!urls) return <p role="status">…</p>
  const [first] = urls
  if (!first) {
    return (
      <p>
        This server listens to its own machine only. Start it with <code>npm start -- --lan</code>, and a code appears
        here that lets in whoever scans it.
      </p>
    )
  }
  // The same page there.
  const here = Object.assign(new URL(first), { pathname: location.pathname }).href
  return (
    <>
      <Code text={here} />
      <p>
        <code>{here}</code>
      </p>
      <p>Whoever has this address comes in, until the server is started again. Both have to be in one network.</p>
    </>
  )
}

const quiet = 4

function Code({ text }: { readonly text: string }) {
  const rows = qrCode(text)
  const side = rows.length + 2 * quiet
  const path = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : []))).join('')
  return (
    <svg
      class="qr"
      viewBox={`${-quiet} ${-quiet} ${side} ${side}`}
      role="img"
      aria-label="A QR code of the address below"
    >
      <rect x={-quiet} y={-quiet} width={side} height={side} />
      <path d={path} />
    </svg>
  )
}
