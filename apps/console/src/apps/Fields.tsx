import { Checkbox, Radio, TextInput } from "@mantine/core"
import { apps as texts } from "../words/apps.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"
import { eventsOf, isAddress, limitOf, most, usualEvents } from "./App.ts"
import css from "./apps.module.css"
import type { Given } from "./useChanges.tsx"

type Props = { readonly given: Given; readonly give: (part: Partial<Given>) => void }

/** How long the keys before go on opening. */
export const OverlapField = ({ given: { overlap }, give }: Props) => {
  const text = useWords(texts)
  const isRight = /^\d{1,3}(?:\.\d{1,2})?$/.test(overlap.trim()) && Number(overlap) <= most.overlapHours
  return (
    <TextInput
      label={text.overlap}
      description={text.overlapTold}
      required
      withAsterisk={false}
      inputMode="decimal"
      value={overlap}
      error={isRight ? null : text.overlapBad}
      onChange={(event) => give({ overlap: event.currentTarget.value })}
      data-autofocus
    />
  )
}

/** Where an app is told, and what of. */
export const EndpointFields = ({ given, give }: Props) => {
  const text = useWords(texts)
  const { url, isSome, chosen, others } = given
  const isFilled = chosen.length > 0 || others.trim() !== ""
  return (
    <>
      <TextInput
        label={text.url}
        description={text.urlTold}
        required
        type="url"
        placeholder="https://"
        value={url}
        error={url === "" || isAddress(url.trim()) ? null : text.urlBad}
        onChange={(event) => give({ url: event.currentTarget.value })}
        data-autofocus
      />
      <Radio.Group
        label={text.which}
        value={isSome ? "some" : "all"}
        onChange={(value) => give({ isSome: value === "some" })}
      >
        <div className={css["choices"]}>
          <Radio value="all" label={text.all} />
          <Radio value="some" label={text.some} />
        </div>
      </Radio.Group>
      {isSome ? (
        <>
          <Checkbox.Group value={[...chosen]} onChange={(value) => give({ chosen: value })} aria-label={text.some}>
            <div className={css["events"]}>
              {usualEvents.map((one) => (
                <Checkbox key={one} value={one} size="xs" label={<span className="mono">{one}</span>} />
              ))}
            </div>
          </Checkbox.Group>
          <TextInput
            label={text.others}
            description={text.othersTold}
            value={others}
            error={isFilled && eventsOf(chosen, others) === null ? text.eventsBad : null}
            onChange={(event) => give({ others: event.currentTarget.value })}
          />
        </>
      ) : null}
    </>
  )
}

/** What an app may do in a second, and how many streams it may have. */
export const LimitFields = ({ given, give }: Props) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const fields = [
    ["creates", text.createsLabel, most.createsPerSecond],
    ["reads", text.readsLabel, most.readsPerSecond],
    ["streams", text.streamsLabel, most.streams]
  ] as const
  return (
    <>
      {fields.map(([name, label, atMost], at) => (
        <TextInput
          key={name}
          label={label}
          description={text.limitTold(count(atMost))}
          placeholder={text.unlimited}
          inputMode="numeric"
          value={given[name]}
          error={limitOf(given[name], atMost) === undefined ? text.limitBad(count(atMost)) : null}
          onChange={(event) => give({ [name]: event.currentTarget.value })}
          {...(at === 0 ? { "data-autofocus": true } : {})}
        />
      ))}
    </>
  )
}
