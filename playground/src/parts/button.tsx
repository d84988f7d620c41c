/** A button: `main` for the one thing that a form is for. */
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact'

interface Props extends Omit<ButtonHTMLAttributes, 'children'> {
  readonly main?: boolean
  readonly children: ComponentChildren
}

export function Button({ main = false, type = 'button', children, ...rest }: Props) {
  return (
    <button type={type} class={main ? 'button main' : 'button'} {...rest}>
      {children}
    </button>
  )
}
