/** "How it works": a few sentences, and the scenario's own server code, loaded from its file when the panel is opened. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { toast } from '../shell/toasts.js'
import { colour } from './colour.js'
import { Scroller } from './scroller.js'

interface Props {
  /** Where the code stands in the repository. */
  readonly file: string
  readonly load: () => Promise<{ readonly default: string }>
  readonly children: ComponentChildren
}

export function Panel({ file, load, children }: Props) {
  const [code, setCode] = useState<string>()
  const open = () => {
    const failed = () => toast('The code could not be loaded: the server does not answer.')
    if (code === undefined) load().then((loaded) => setCode(loaded.default.trimEnd()), failed)
  }
  return (
    <details class="panel" onToggle={open}>
      <summary>
        How it works <span class="file">{file}</span>
      </summary>
      <div class="prose">{children}</div>
      {code !== undefined && (
        <Scroller class="code" label={`The code of ${file}`}>
          <pre>
            <code>
              {colour(code).map(([kind, text], number) =>
                kind ? (
                  <span key={number} class={kind}>
                    {text}
                  </span>
                ) : (
                  text
                ),
              )}
            </code>
          </pre>
        </Scroller>
      )}
    </details>
  )
}
