-- All that was sold, and when there was nothing left to sell.
-- Deliveries of the ERP: movement 601 sells, 651 takes back; times are those on the clock of the plant.
-- Clocks change on the hour, so each hour of a plant is converted once, not each line; and so is each noon.
WITH hours AS (
  SELECT d.werks, d.hour, CAST(d.hour AT TIME ZONE w.tzone AS TIMESTAMP) AS utc
  FROM (SELECT DISTINCT werks, date_trunc('hour', budat) AS hour FROM lake.erp_lips) d
  JOIN lake.erp_t001w w ON w.werks = d.werks),
noons AS (
  SELECT d.werks, d.datum, CAST((CAST(d.datum AS TIMESTAMP) + INTERVAL 12 HOUR) AT TIME ZONE w.tzone AS TIMESTAMP) AS utc
  FROM (SELECT DISTINCT werks, datum FROM lake.erp_zoos) d
  JOIN lake.erp_t001w w ON w.werks = d.werks)
SELECT l.matnr AS item_id,
       l.werks AS location_id,
       h.utc + (l.budat - h.hour) AS sold_at,
       CAST(CASE l.bwart WHEN '651' THEN -l.lfimg ELSE l.lfimg END AS DECIMAL(18,4)) AS quantity,
       CAST(l.netpr AS DECIMAL(18,4)) AS unit_price,
       l.waers AS currency,
       l.aktnr AS promotion_id,
       false AS lost_sales,
       l.vbeln AS order_id,
       l.kunnr AS customer_id
FROM lake.erp_lips l
JOIN lake.erp_t001w w ON w.werks = l.werks
LEFT JOIN hours h ON h.werks = l.werks AND h.hour = date_trunc('hour', l.budat)
UNION ALL
-- Order lines of the shop: its article numbers are small and without a dash, its warehouses have short names.
SELECT 'HG-' || substr(o.sku, 3),
       w.werks,
       o.ordered_at,
       CAST(CASE o.status WHEN 'returned' THEN -o.quantity ELSE o.quantity END AS DECIMAL(18,4)),
       CAST(o.unit_price AS DECIMAL(18,4)),
       o.currency,
       o.coupon,
       false,
       o.order_no,
       o.customer_id
FROM lake.shop_orders o
JOIN lake.erp_t001w w ON w.kurz = o.warehouse
UNION ALL
-- Shelves that were empty at the end of a day: what was sold that day is less than what was wanted.
SELECT z.matnr,
       z.werks,
       n.utc,
       CAST(0 AS DECIMAL(18,4)),
       CAST(0 AS DECIMAL(18,4)),
       'EUR',
       NULL,
       true,
       NULL,
       NULL
FROM lake.erp_zoos z
JOIN noons n ON n.werks = z.werks AND n.datum = z.datum
