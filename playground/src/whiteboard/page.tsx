/** Whiteboard: a board by its path, its tools, and who else draws on it. */
import '../documents/documents.css'
import './whiteboard.css'
import type { YjsProvider } from 'anywire/yjs'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useDocument } from '../documents/document.js'
import { DocumentHeader } from '../documents/header.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { freshId } from '../shell/id.js'
import { path } from '../shell/router.js'
import { toast } from '../shell/toasts.js'
import { useValue } from '../shell/value.js'
import { Board } from './board.js'
import { pictureOf } from './pictures.js'
import { Board as BoardOf, type Colour } from './shapes.js'
import { type Tool, Tools } from './tools.js'
import { type Camera, useCamera } from './view.js'

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/whiteboard.ts', () => import('../../server/whiteboard.ts?raw')],
  ['Page', 'playground/src/whiteboard/shapes.ts', () => import('./shapes.ts?raw')],
  ['React', 'playground/src/whiteboard/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
]

export default function Whiteboard() {
  const name = useValue(path).split('/')[2] || 'lobby'
  const provider = useDocument(`yjs/whiteboard/${name}`)
  return (
    <div class="page">
      <header class="title">
        <h1>Whiteboard</h1>
        <p class="lead">
          Draw, and let somebody draw with you: their strokes grow while they draw them. Undo takes back what you did,
          and nothing of theirs.{' '}
          <span class="by-keys">
            With the keyboard: Tab goes through the shapes, arrows move one, Delete removes it.
          </span>
        </p>
      </header>
      <section class="document easel" aria-label={`Board ${name}`}>
        {provider && <Open key={name} name={name} provider={provider} />}
      </section>
      <Panel files={files}>
        <p>
          A board is a document of Yjs, <code>yjs/whiteboard/{name}</code>: an array of shapes, each a map, so that one
          moves a shape while another colours it, and both hold. A stroke’s points are an array of its own, appended to
          with each frame. A picture is made small enough for one message.
        </p>
        <p>
          The whole server side of it is <code>hub.yjs('/yjs')</code>, shared with the editor; the file below only draws
          what a new board begins with.
        </p>
      </Panel>
    </div>
  )
}

function Open({ name, provider }: { readonly name: string; readonly provider: YjsProvider }) {
  const board = useMemo(() => new BoardOf(provider.doc), [provider])
  const box = useRef<HTMLDivElement>(null)
  const camera = useCamera(box)
  const [shapes, setShapes] = useState(board.shapes)
  const [tool, setTool] = useState<Tool>('stroke')
  const [colour, setColour] = useState<Colour>('blue')
  const [selected, setSelected] = useState<string>()
  useEffect(() => {
    setShapes(board.shapes)
    return board.watch(() => setShapes(board.shapes))
  }, [board])
  const chosen = shapes.find(({ id }) => id === selected)
  const onPicture = usePictures(board, camera, (id) => {
    setTool('select')
    setSelected(id)
  })
  return (
    <>
      <DocumentHeader title={name} provider={provider} company={name === 'lobby' ? 'board' : undefined} />
      <Tools {...{ board, camera, tool, colour, onPicture }} onTool={setTool} onColour={setColour} selected={chosen} />
      <Board {...{ provider, board, shapes, box, camera, tool, colour, selected }} onSelect={setSelected} />
    </>
  )
}

/** Puts a picture into the middle of what is shown: one that was chosen, pasted or dropped. */
function usePictures(board: BoardOf, camera: Camera, onPut: (id: string) => void) {
  const put = async (file: Blob | undefined) => {
    if (!file) return
    try {
      const { href, width, height } = await pictureOf(file)
      const { view } = newest.current
      const x = Math.round(view.x + (newest.current.width / view.scale - width) / 2)
      const y = Math.round(view.y + (newest.current.height / view.scale - height) / 2)
      const id = freshId()
      board.add({ id, kind: 'picture', colour: 'ink', x, y, width, height, href })
      onPut(id)
    } catch {
      toast('That file is no picture that this browser can read.')
    }
  }
  const newest = useRef(camera)
  newest.current = camera
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => void put(clipboardData?.files[0])
    const over = (event: DragEvent) => event.preventDefault()
    const drop = (event: DragEvent) => {
      event.preventDefault()
      void put(event.dataTransfer?.files[0])
    }
    addEventListener('paste', paste)
    addEventListener('dragover', over)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('paste', paste)
      removeEventListener('dragover', over)
      removeEventListener('drop', drop)
    }
  }, [board])
  return put
}
