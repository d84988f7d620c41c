/** The way to the pages: a rail at the side; on a phone a menu that opens. */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import { type Page, pages } from '../pages.js'
import { Badge } from '../parts/badge.js'
import { unread } from './inbox.js'
import { useValue } from './value.js'
import { WireButton } from './wire.js'

export function Navigation({ current }: { readonly current: Page | undefined }) {
  const [open, setOpen] = useState(false)
  // Before the new page is painted: it is never seen under the open menu.
  useLayoutEffect(() => setOpen(false), [current])
  useEffect(() => {
    const close = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false)
    addEventListener('keydown', close)
    return () => removeEventListener('keydown', close)
  }, [])
  return (
    <>
      <button type="button" class="menu" aria-expanded={open} aria-controls="navigation" onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? '×' : '≡'}</span> {current?.title ?? 'Menu'}
        {!open && <Unread />}
      </button>
      <nav id="navigation" class={open ? 'open' : ''} aria-label="Scenarios">
        <ol>
          {pages.map((page, number) => (
            <li key={page.path}>
              <a href={`/${page.path}`} aria-current={page === current ? 'page' : undefined}>
                <span class="number" aria-hidden="true">
                  {String(number).padStart(2, '0')}
                </span>
                {page.title}
                {page.path === 'notifications' && <Unread />}
              </a>
            </li>
          ))}
        </ol>
        <WireButton onClick={() => setOpen(false)} />
      </nav>
    </>
  )
}

function Unread() {
  const count = useValue(unread)
  return count > 0 ? <Badge label={`${count} unread`}>{count > 99 ? '99+' : count}</Badge> : null
}
