/** "How it works": a few sentences, and the code that runs here. On a wide screen it stands beside the page, open. */
import type { ComponentChildren, ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type * as Providing from '../react/provided.js'
import { toast } from '../shell/toasts.js'
import { colour } from './colour.js'
import { CopyButton } from './copy.js'
import { Choice } from './field.js'
import { Scroller } from './scroller.js'

/** What it is called, where it stands in the repository, and how its text is loaded; and what it shows, if it can run here. */
export type CodeFile = readonly [
  name: string,
  file: string,
  load: () => Promise<{ readonly default: string }>,
  run?: () => Promise<{ readonly default: ComponentType }>,
]

interface Props {
  readonly files: readonly CodeFile[]
  /** Of which the commands for a terminal are shown. */
  readonly channel?: string
  readonly children: ComponentChildren
}

interface Shown {
  readonly name: string
  readonly text: string
}

const wide = matchMedia('(min-width: 80rem)')

export function Panel({ files, channel, children }: Props) {
  const [isOpen, setOpen] = useState(wide.matches)
  const [name, setName] = useState(files[0]?.[0] ?? '')
  const [code, setCode] = useState<Shown>()
  const wanted = files.find((one) => one[0] === name)
  useEffect(() => {
    const follow = () => setOpen(wide.matches)
    wide.addEventListener('change', follow)
    return () => wide.removeEventListener('change', follow)
  }, [])
  useEffect(() => {
    if (!isOpen || !wanted) return
    const failed = () => toast('The code could not be loaded: the server does not answer.')
    wanted[2]().then((loaded) => setCode({ name, text: loaded.default.trimEnd() }), failed)
  }, [isOpen, name])
  const names = [...files.map((one) => one[0]), ...(channel ? ['curl'] : [])]
  const text = wanted ? (code?.name === name ? code.text : undefined) : channel && commandsOf(channel)
  return (
    <details class="panel" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        How it works <span class="file">{wanted?.[1] ?? 'in a terminal'}</span>
      </summary>
      <div class="prose">{children}</div>
      <div class="code-head">
        <Choice label="Code" name="code" value={name} options={names.map((one) => [one, one])} onChange={setName} />
        {text && <CopyButton text={text} label="this code" />}
      </div>
      {isOpen && wanted?.[3] && <Running key={name} run={wanted[3]} />}
      {text && <Code text={text} label={`The code of ${wanted?.[1] ?? 'the commands'}`} />}
    </details>
  )
}

/** What the code below shows, as it runs here. */
function Running({ run }: { readonly run: NonNullable<CodeFile[3]> }) {
  const [shown, setShown] = useState<{ Provided: typeof Providing.Provided; Content: ComponentType }>()
  useEffect(() => {
    const show = ([{ Provided }, { default: Content }]: readonly [
      typeof Providing,
      { readonly default: ComponentType },
    ]) => setShown({ Provided, Content })
    Promise.all([import('../react/provided.js'), run()]).then(show, () => undefined)
  }, [run])
  return (
    <div class="running">
      <p class="file">It shows</p>
      {shown ? <shown.Provided Content={shown.Content} /> : <p>…</p>}
    </div>
  )
}

function Code({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <Scroller class="code" label={label}>
      <pre>
        <code>
          {colour(text).map(([kind, word], number) =>
            kind ? (
              <span key={number} class={kind}>
                {word}
              </span>
            ) : (
              word
            ),
          )}
        </code>
      </pre>
    </Scroller>
  )
}

function commandsOf(channel: string): string {
  const url = `${location.origin}/channels/${channel}`
  return [
    `# the newest message\ncurl '${url}?offset=last-1'`,
    `# all of them, as they come\ncurl -N -H 'Accept: text/event-stream' '${url}'`,
    `# the next one, by long poll\ncurl '${url}?live=poll'`,
  ].join('\n\n')
}
