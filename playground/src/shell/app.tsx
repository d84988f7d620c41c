/** The shell around every page: brand, navigation, connection, and the page itself, loaded when it is first asked for. */
import type { ComponentType } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Page, pageAt } from '../pages.js'
import { ConnectionBadge } from './connection.js'
import { Head } from './head.js'
import { Navigation } from './navigation.js'
import { NetworkSwitch } from './network.js'
import { path } from './router.js'
import { ShareButton } from './share.js'
import { setTitle } from './title.js'
import { Toasts, toast } from './toasts.js'
import { useValue } from './value.js'
import { WirePlace } from './wire.js'

export function App() {
  const page = pageAt(useValue(path))
  useLayoutEffect(() => {
    setTitle(page?.path ? `${page.title} · Anywire` : 'Anywire')
  }, [page])
  return (
    <>
      <Head home="/">
        <ConnectionBadge />
        <NetworkSwitch />
        <ShareButton />
      </Head>
      <div class="frame">
        <Navigation current={page} />
        <Place page={page} />
      </div>
      <WirePlace />
      <Toasts />
    </>
  )
}

/** The page. The focus goes to it when it is another than before, so that a screen reader tells of it. */
function Place({ page }: { readonly page: Page | undefined }) {
  const [shown, setShown] = useState<{ page: Page; Content: ComponentType }>()
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  useLayoutEffect(() => {
    let wanted = true
    if (!first.current) main.current?.focus({ preventScroll: true })
    first.current = false
    const show = ({ default: Content }: { readonly default: ComponentType }) => {
      if (!page || !wanted) return
      setShown({ page, Content })
    }
    page?.load().then(show, () => toast('The page could not be loaded: the server does not answer.'))
    return () => {
      wanted = false
    }
  }, [page])
  return (
    <main id="main" ref={main} tabIndex={-1}>
      {page ? shown?.page === page ? <shown.Content /> : <Coming page={page} /> : <Nowhere />}
    </main>
  )
}

/** What is known of a page before it has come. */
const Coming = ({ page }: { readonly page: Page }) => (
  <div class="page coming" aria-busy="true">
    <header class="title">{page.path && <h1>{page.title}</h1>}</header>
  </div>
)

const Nowhere = () => (
  <div class="page">
    <h1>No such page</h1>
    <p class="lead">
      Nothing is served here. <a href="/">Begin at the first page.</a>
    </p>
  </div>
)
