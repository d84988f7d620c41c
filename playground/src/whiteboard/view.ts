/** What part of the board is shown: moved and zoomed by hand, by wheel and by buttons. */
import type { RefObject } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'
import { size } from './shapes.js'

/** A place on the board, or in pixels of its window. */
export interface Place {
  readonly x: number
  readonly y: number
}

/** The upper left corner on the board, and how many pixels one unit of the board takes. */
export interface View extends Place {
  readonly scale: number
}

const [leastScale, mostScale] = [0.2, 5]
const within = (scale: number) => Math.min(mostScale, Math.max(leastScale, scale))

/** All of the board that a new one has room for, in the middle of a window of so many pixels. */
export function fitted(width: number, height: number): View {
  const scale = within(Math.min(width / size.width, height / size.height))
  return { scale, x: (size.width - width / scale) / 2, y: (size.height - height / scale) / 2 }
}

/** Zooms so that what is at these pixels stays there. */
export function zoomed(view: View, factor: number, { x, y }: Place): View {
  const scale = within(view.scale * factor)
  const gone = 1 / view.scale - 1 / scale
  return { scale, x: view.x + x * gone, y: view.y + y * gone }
}

/** Moved by so many pixels. */
export const panned = (view: View, { x, y }: Place): View => ({
  ...view,
  x: view.x - x / view.scale,
  y: view.y - y / view.scale,
})

export interface Camera {
  readonly view: View
  /** Of the window, in pixels. */
  readonly width: number
  readonly height: number
  move(change: (view: View) => View): void
  /** Around the middle. */
  zoom(factor: number): void
  fit(): void
}

/** Fits as long as the visitor has not moved it. */
export function useCamera(box: RefObject<HTMLElement | null>): Camera {
  const [{ width, height }, setSize] = useState({ width: size.width, height: size.height })
  const [own, setOwn] = useState<View>()
  // Before it is first drawn: whoever presses at once meets the place that they see.
  useLayoutEffect(() => {
    const { current: element } = box
    if (!element) return
    const look = () => setSize({ width: element.clientWidth, height: element.clientHeight })
    look()
    const watch = new ResizeObserver(look)
    watch.observe(element)
    return () => watch.disconnect()
  }, [])
  const move = (change: (view: View) => View) => setOwn((before) => change(before ?? fitted(width, height)))
  return {
    view: own ?? fitted(width, height),
    width,
    height,
    move,
    zoom: (factor) => move((view) => zoomed(view, factor, { x: width / 2, y: height / 2 })),
    fit: () => setOwn(undefined),
  }
}
