/** A field with its label, and one of a few choices. */
import type { ComponentChildren, InputHTMLAttributes } from 'preact'

type FieldProps = InputHTMLAttributes & { readonly label: string }

export function Field({ label, ...rest }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input dir="auto" {...rest} />
    </label>
  )
}

interface ChoiceProps<T extends string> {
  readonly label: string
  readonly name: string
  readonly value: T
  /** With a picture, the label is for screen readers and the pointer that waits. */
  readonly options: readonly (readonly [value: T, label: string, picture?: ComponentChildren])[]
  readonly onChange: (value: T) => void
}

export function Choice<T extends string>({ label, name, value, options, onChange }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div>
        {options.map(([option, text, picture]) => (
          <label key={option} title={picture ? text : undefined}>
            <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
            <span>
              {picture}
              {picture ? <span class="unseen">{text}</span> : text}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
