import { type CSSVariablesResolver, createTheme } from "@mantine/core"

const fonts =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans SC", "WenQuanYi Micro Hei", sans-serif'

/** One accent, and colours whose text can be read on them (WCAG AA) in both schemes; nothing that injects a style element. */
export const theme = createTheme({
  primaryColor: "teal",
  primaryShade: { light: 6, dark: 7 },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: fonts,
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "Noto Sans Mono", "WenQuanYi Micro Hei Mono", monospace',
  headings: { fontFamily: fonts, fontWeight: "650" },
  colors: {
    teal: [
      "#e6f6f6",
      "#cdeaea",
      "#a0d8d8",
      "#6fc3c4",
      "#44b0b1",
      "#2a9798",
      "#1a7778",
      "#166566",
      "#115354",
      "#0c4142"
    ],
    red: ["#fff0f0", "#ffdfe0", "#ffbfc2", "#f99ba1", "#f5808a", "#e34752", "#c92a37", "#ac202c", "#8f1a25", "#70121c"],
    dark: ["#d3d8dc", "#b4bcc2", "#929ca4", "#66717a", "#3f4951", "#313a41", "#252d33", "#171d21", "#12171a", "#0c1012"]
  },
  components: {
    // Locking the page's scroll injects a style element.
    Modal: {
      defaultProps: {
        lockScroll: false,
        centered: true,
        transitionProps: { duration: 120 },
        styles: { title: { fontWeight: 650, fontSize: "1rem" } }
      }
    },
    // It stands on cards and on the page itself.
    SegmentedControl: { defaultProps: { styles: { root: { backgroundColor: "var(--track)" } } } },
    ModalRoot: { defaultProps: { lockScroll: false } },
    DrawerRoot: { defaultProps: { lockScroll: false } },
    Drawer: { defaultProps: { lockScroll: false, transitionProps: { duration: 120 } } },
    Menu: { defaultProps: { transitionProps: { duration: 80 } } },
    Popover: { defaultProps: { transitionProps: { duration: 80 } } },
    Tooltip: { defaultProps: { transitionProps: { duration: 80 }, events: { hover: true, focus: true, touch: true } } }
  }
})

/** What the theme has no names for. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#55606a",
    "--mantine-color-placeholder": "#66717a",
    "--mantine-color-error": "#c92a37",
    "--mantine-color-anchor": "#166566",
    "--mantine-color-body": "#ffffff"
  },
  dark: {
    "--mantine-color-dimmed": "#a3adb5",
    "--mantine-color-placeholder": "#929ca4",
    "--mantine-color-error": "#f5808a",
    "--mantine-color-anchor": "#6fc3c4"
  }
})
