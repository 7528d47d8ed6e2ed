import {
  IconActivity,
  IconApps,
  IconBuildingBank,
  IconChecklist,
  IconHistory,
  IconListSearch,
  IconLogout,
  IconScale,
  IconUsers
} from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import type { ComponentType, ReactNode } from "react"
import { useCounts } from "../overview.ts"
import { Badge } from "../parts/Badge.tsx"
import { toast } from "../parts/Toasts.tsx"
import { useSession } from "../session.tsx"
import { useFormats } from "../words/Formats.ts"
import { shell } from "../words/shell.ts"
import { useWords } from "../words/Words.ts"
import { LanguageSwitch, SchemeSwitch } from "./Switches.tsx"
import css from "./shell.module.css"

/** The console's name and mark. */
export const Brand = () => {
  const text = useWords(shell)
  return (
    <div className={css["brand"]}>
      <img src={`${import.meta.env.BASE_URL}icon.svg`} width={28} height={28} alt="" />
      <span translate="no">
        Payment Proxy<small>{text.console}</small>
      </span>
    </div>
  )
}

const Item = ({
  to,
  icon: Icon,
  label,
  children
}: {
  readonly to: string
  readonly icon: ComponentType<{ readonly size: number; readonly "aria-hidden": true }>
  readonly label: string
  readonly children?: ReactNode
}) => (
  <li>
    <Link to={to as never} className={css["item"]} activeOptions={{ exact: to === "/", includeSearch: false }}>
      <Icon size={18} aria-hidden />
      <span>{label}</span>
      {children}
    </Link>
  </li>
)

const Person = () => {
  const text = useWords(shell)
  const { session, signOut } = useSession()
  return (
    <div className={css["foot"]}>
      <Link to="/account" className={css["person"]} title={text.account}>
        <span className={css["initial"]} aria-hidden>
          {[...session.operator][0]}
        </span>
        <span>
          <span className="visually-hidden">{text.signedInAs} </span>
          {session.operator}
          <small>{text[session.role]}</small>
        </span>
      </Link>
      <div className={css["switches"]}>
        <LanguageSwitch />
        <SchemeSwitch />
        <button
          type="button"
          className={`${css["switch"]} ${css["signOut"]}`}
          onClick={() => void signOut().catch(() => toast(text.signOutFailed, "bad"))}
          aria-label={text.signOut}
          title={text.signOut}
        >
          <IconLogout size={18} aria-hidden />
        </button>
      </div>
    </div>
  )
}

/** All pages that the role may see, with what waits on them; who is signed in, and how to leave. */
export const Navigation = () => {
  const text = useWords(shell)
  const { may } = useSession()
  const { count } = useFormats()
  const { held, proposals } = useCounts()
  return (
    <div className={css["column"]}>
      <Brand />
      <nav aria-label={text.navigation}>
        <ul className={css["nav"]}>
          <Item to="/" icon={IconActivity} label={text.now} />
          <Item to="/orders" icon={IconListSearch} label={text.orders}>
            {held === 0 ? null : <Badge tone="warn">{text.held(count(held))}</Badge>}
          </Item>
          <Item to="/proposals" icon={IconChecklist} label={text.proposals}>
            {proposals === 0 ? null : (
              <Badge tone="info" title={text.waiting(count(proposals))}>
                <span aria-hidden>{count(proposals)}</span>
                <span className="visually-hidden">{text.waiting(count(proposals))}</span>
              </Badge>
            )}
          </Item>
          <Item to="/vendors" icon={IconBuildingBank} label={text.vendors} />
          <Item to="/reconciliation" icon={IconScale} label={text.reconciliation} />
          <Item to="/apps" icon={IconApps} label={text.apps} />
        </ul>
        {may("administrator") ? (
          <>
            <p className={css["group"]}>{text.administration}</p>
            <ul className={css["nav"]}>
              <Item to="/operators" icon={IconUsers} label={text.operators} />
              <Item to="/trail" icon={IconHistory} label={text.trail} />
            </ul>
          </>
        ) : null}
      </nav>
      <Person />
    </div>
  )
}
