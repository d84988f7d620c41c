/** A button: `main` for the one thing that a form is for. */
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact'

interface Props extends Omit<ButtonHTMLAttributes, 'children'> {
  readonly main?: boolean
  /** As it looks: beside a text, or one of many tools with an icon. */
  readonly look?: 'small' | 'tool' | undefined
  readonly children: ComponentChildren
}

export function Button({ main = false, look, type = 'button', children, ...rest }: Props) {
  return (
    <button type={type} class={['button', main && 'main', look].filter(Boolean).join(' ')} {...rest}>
      {children}
    </button>
  )
}
