/** The head of every page: the way past it, the brand, and what can be set. */
import type { ComponentChildren } from 'preact'
import { Mark } from '../parts/mark.js'
import { ThemeButton } from './theme.js'

interface HeadProps {
  /** Where the brand leads to; absent where there is one page alone. */
  readonly home?: string
  /** Before the choice of the theme. */
  readonly children: ComponentChildren
}

export function Head({ home, children }: HeadProps) {
  const brand = (
    <>
      <Mark /> Anywire
    </>
  )
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="top">
        {home === undefined ? (
          <span class="brand">{brand}</span>
        ) : (
          <a class="brand" href={home} aria-label="Anywire, to the first page">
            {brand}
          </a>
        )}
        <div class="controls">
          {children}
          <ThemeButton />
        </div>
      </header>
    </>
  )
}
