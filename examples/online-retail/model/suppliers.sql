-- The file names no supplier: one is assumed.
SELECT 'ASSUMED' AS supplier_id, 'Assumed supplier' AS name, 'GB' AS country, 'GBP' AS currency, NULL::DOUBLE AS on_time_share
