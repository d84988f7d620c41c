/** What is done to the server: a dialog asks first, with what has to be said of it. */
import { useEffect, useId, useRef, useState } from 'preact/hooks'
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

const asked = new Value<Deed | undefined>(undefined)

export function ask(deed: Deed): void {
  asked.set(deed)
}

export function DeedButton({ deed, children }: { readonly deed: Deed; readonly children: string }) {
  return (
    <Button look="small" onClick={() => ask(deed)}>
      {children}
    </Button>
  )
}

/** There is one for the page. */
export function DeedDialog() {
  const deed = useValue(asked)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (deed) dialog.current?.showModal()
    else dialog.current?.close()
  }, [deed])
  return (
    <dialog class="asking" ref={dialog} aria-label={deed?.yes ?? 'Nothing'} onClose={() => asked.set(undefined)}>
      {deed && <Question deed={deed} />}
    </dialog>
  )
}

function Question({ deed }: { readonly deed: Deed }) {
  const { question, yes, fields = [] } = deed
  const text = useId()
  const [said, setSaid] = useState<Readonly<Record<string, string>>>(
    Object.fromEntries(fields.map(({ name, initial = '' }) => [name, initial])),
  )
  const [wrong, setWrong] = useState<string>()
  const act = async (event: Event) => {
    event.preventDefault()
    try {
      toast(deed.done(await post(deed.path, bodyOf(deed, said))))
      asked.set(undefined)
    } catch (thrown) {
      setWrong(thrown instanceof Error ? thrown.message : String(thrown))
    }
  }
  return (
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
        <Button onClick={() => asked.set(undefined)}>Cancel</Button>
        <Button main type="submit">
          {yes}
        </Button>
      </div>
    </form>
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
