SELECT sensor || '/' || metric AS sensor_id, ts AS at, metric, value, unit
FROM lake.machines_readings
