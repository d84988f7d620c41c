/** A card: one thing, under its title. And a figure: a card whose content is one number. */
import type { ComponentChildren } from 'preact'

interface CardProps {
  readonly title: string
  readonly class?: string
  readonly children: ComponentChildren
}

export function Card({ title, class: more = '', children }: CardProps) {
  return (
    <section class={`card ${more}`} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly unit?: string | undefined
  readonly detail?: string | undefined
  readonly children?: ComponentChildren
}

export function Figure({ label, value, unit, detail, children }: FigureProps) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd>
        <span class="value">{value}</span> {unit && <span class="unit">{unit}</span>}
        {children}
        {detail && <span class="detail">{detail}</span>}
      </dd>
    </div>
  )
}
