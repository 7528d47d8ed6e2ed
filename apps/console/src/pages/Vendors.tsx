import { IconBuildingBank } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { call } from "../Admin.ts"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { VendorCard } from "../vendors/Vendor.tsx"
import css from "../vendors/vendors.module.css"
import { vendors as texts } from "../words/vendors.ts"
import { useWords } from "../words/Words.ts"

const everyMillis = 5000

/** The platforms behind the proxy, and how they do. */
export const Vendors = () => {
  const text = useWords(texts)
  const query = useQuery({
    queryKey: ["vendors"],
    queryFn: ({ signal }) => call("vendors.list", {}, signal),
    refetchInterval: everyMillis
  })
  return (
    <Page title={text.title} lead={text.lead}>
      <Loaded query={query} what={text.failed} rows={8}>
        {(vendors) =>
          vendors.length === 0 ? (
            <Card title={text.title}>
              <Empty title={text.none} icon={<IconBuildingBank size={32} stroke={1.5} />}>
                {text.noneTold}
              </Empty>
            </Card>
          ) : (
            <div className={css["cards"]}>
              {vendors.map((vendor) => (
                <VendorCard key={vendor.name} vendor={vendor} />
              ))}
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}
