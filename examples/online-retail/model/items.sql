-- One item per stock code, by the name that it has most often. Classes by turnover: A makes the first 80 %, B the next 15 %.
WITH newest AS (SELECT max(sold_at) AS at FROM ops.lines),
per_item AS (
  SELECT item_id, mode(description) AS name, median(unit_price) AS price, sum(quantity * unit_price) AS turnover, max(sold_at) AS last_sold
  FROM ops.lines
  WHERE kind = 'sale'
  GROUP BY item_id
),
ranked AS (
  SELECT *, sum(turnover) OVER (ORDER BY turnover DESC, item_id ROWS UNBOUNDED PRECEDING) / sum(turnover) OVER () AS share FROM per_item
)
SELECT r.item_id,
       coalesce(r.name, r.item_id) AS name,
       'gifts' AS category,
       'each' AS unit,
       CAST(round(r.price * (SELECT value FROM ops.assumptions WHERE name = 'cost_share'), 4) AS DECIMAL(18,4)) AS unit_cost,
       CAST(r.price AS DECIMAL(18,4)) AS unit_price,
       'GBP' AS currency,
       CASE WHEN r.share <= 0.8 THEN 'A' WHEN r.share <= 0.95 THEN 'B' ELSE 'C' END AS class,
       CASE WHEN date_diff('day', r.last_sold, n.at) > (SELECT value FROM ops.assumptions WHERE name = 'listed_days')
            THEN 'discontinued' ELSE 'active' END AS status
FROM ranked r, newest n
