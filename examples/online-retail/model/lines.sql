-- Every line of the file, and what it is. Stock codes are five digits and at most two letters, in either case; DCGS codes and PADS are
-- goods too. The other codes are postage, fees, discounts, vouchers and manual entries: no items. Invoices that begin with C take
-- goods back. Lines without a price are corrections of stock (damaged, lost, found), not sales.
SELECT InvoiceNo AS order_id,
       upper(StockCode) AS item_id,
       nullif(trim(Description), '') AS description,
       Quantity AS quantity,
       InvoiceDate AS sold_at,
       UnitPrice AS unit_price,
       CustomerID AS customer_id,
       Country AS country,
       CASE
         WHEN NOT regexp_matches(upper(StockCode), '^([0-9]{5}[A-Z]{0,2}|DCGS.*|PADS)$') THEN 'no item'
         WHEN UnitPrice <= 0 OR Quantity = 0 THEN 'correction'
         WHEN Quantity < 0 THEN 'return'
         ELSE 'sale'
       END AS kind
FROM lake.retail_lines
