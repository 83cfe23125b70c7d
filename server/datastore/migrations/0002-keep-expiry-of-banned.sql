-- A ban takes the serial number alone: when the certificate would have ended stays on record, as SPIRE shows it.
alter table nodes drop constraint nodes_check;
alter table nodes add constraint nodes_check check (serial_number is null or expires_at is not null);
