/** A part of the page that scrolls by itself, and so is to be reached by the keyboard. */
import type { ComponentChildren, HTMLAttributes, Ref } from 'preact'

type Props = Omit<HTMLAttributes<HTMLElement>, 'ref'> & {
  readonly label: string
  readonly box?: Ref<HTMLElement>
  readonly children: ComponentChildren
}

export function Scroller({ label, box, children, ...rest }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no pointer scrolls with the arrow keys, once it has the focus
    <section ref={box ?? null} aria-label={label} tabIndex={0} {...rest}>
      {children}
    </section>
  )
}
