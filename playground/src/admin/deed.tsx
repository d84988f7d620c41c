/** What is done to the server: a dialog asks first, with what has to be said of it. */
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { Field } from '../parts/field.js'
import { toast } from '../shell/toasts.js'
import { useValue, Value } from '../shell/value.js'
import { post } from './port.js'

export interface Deed {
  /** What will happen, as a question. */
  readonly question: string
  /** What one says to go on. */
  readonly yes: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  /** What is still to be said: each is a field of the body. */
  readonly fields?: readonly DeedField[]
  /** What is said when it was done. */
  readonly done: (answer: Readonly<Record<string, unknown>>) => string
}

interface DeedField {
  readonly name: string
  readonly label: string
  readonly kind: 'text' | 'number' | 'json'
  readonly optional?: true
  readonly initial?: string
}

const aNumber = { type: 'number', min: 1 } as const
const aText = { type: 'text' } as const

/** What is asked now. Each question is one of its own, though it be of the same deed. */
interface Asked {
  readonly deed: Deed
  readonly turn: number
}

const asked = new Value<Asked | undefined>(undefined)
let turns = 0

export function ask(deed: Deed): void {
  asked.set({ deed, turn: ++turns })
}

export function DeedButton({ deed, children }: { readonly deed: Deed; readonly children: string }) {
  return (
    <Button look="small" onClick={() => ask(deed)}>
      {children}
    </Button>
  )
}

/** There is one for the page. A question that is over ends itself alone, not the one that came after it. */
export function DeedDialog() {
  const one = useValue(asked)
  const end = () => asked.value === one && asked.set(undefined)
  return one && <Question key={one.turn} deed={one.deed} onEnd={end} />
}

function Question({ deed, onEnd }: { readonly deed: Deed; readonly onEnd: () => void }) {
  const { question, yes, fields = [] } = deed
  const text = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  const close = () => dialog.current?.close()
  const [said, setSaid] = useState<Readonly<Record<string, string>>>(
    Object.fromEntries(fields.map(({ name, initial = '' }) => [name, initial])),
  )
  const [wrong, setWrong] = useState<string>()
  const act = async (event: Event) => {
    event.preventDefault()
    try {
      toast(deed.done(await post(deed.path, bodyOf(deed, said))))
      close()
    } catch (thrown) {
      const sentence = thrown instanceof Error ? thrown.message : String(thrown)
      if (dialog.current?.open) setWrong(sentence)
      else toast(sentence)
    }
  }
  return (
    <dialog class="asking" ref={dialog} aria-label={yes} onClose={onEnd}>
      <form onSubmit={act} aria-describedby={text}>
        <p id={text}>{question}</p>
        {fields.map(({ name, label, kind, optional }) => (
          <Field
            key={name}
            label={label}
            {...(kind === 'number' ? aNumber : aText)}
            required={!optional}
            value={said[name] ?? ''}
            onInput={(event) => setSaid({ ...said, [name]: event.currentTarget.value })}
          />
        ))}
        {wrong && <p role="alert">{wrong}</p>}
        <div class="answers">
          <Button onClick={close}>Cancel</Button>
          <Button main type="submit">
            {yes}
          </Button>
        </div>
      </form>
    </dialog>
  )
}

function bodyOf({ body, fields = [] }: Deed, said: Readonly<Record<string, string>>): object {
  const told: Record<string, unknown> = { ...body }
  for (const { name, kind } of fields) {
    const text = said[name] ?? ''
    if (text === '') continue
    told[name] = kind === 'number' ? Number(text) : kind === 'json' ? jsonOf(text) : text
  }
  return told
}

/** JSON, or the text as it is. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
