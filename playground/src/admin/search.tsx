/** A list that is searched on the server: its field, its top, and the entry that was chosen. */
import type { ComponentChildren } from 'preact'
import { Field } from '../parts/field.js'

export interface ListProps {
  /** The channel that holds it. */
  readonly list: string
  readonly text: string
  readonly onText: (text: string) => void
}

/** Rows that are shown: the servers tell more only to those who search. */
export const mostRows = 50

interface Props extends Omit<ListProps, 'list'> {
  readonly title: string
  readonly label: string
  /** How many there are to be shown. */
  readonly found: number
  readonly children: ComponentChildren
}

export function SearchPage({ title, label, text, onText, found, children }: Props) {
  return (
    <>
      <h1>{title}</h1>
      <div class="search">
        <Field
          label={label}
          type="search"
          autocomplete="off"
          maxLength={100}
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
        />
        <p role="status">{found === 0 ? 'None' : found > mostRows ? `The first ${mostRows}` : `${found} shown`}</p>
      </div>
      {children}
    </>
  )
}

/** Facts about one thing, one under the other. */
export function Facts({ facts }: { readonly facts: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  )
}

export function Choose({ name, onChoose }: { readonly name: string; readonly onChoose: () => void }) {
  return (
    <button type="button" class="choose" onClick={onChoose} title={name}>
      <bdi>{name}</bdi>
    </button>
  )
}
