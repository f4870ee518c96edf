-- The day, hour, minute or second in which a moment lies, as its beginning in UTC. On times with a zone date_trunc asks a
-- calendar about each row, which takes ten times as long; the hours of time_bucket are plain numbers.
create or replace macro day_of(instant) as time_bucket(interval 24 hours, instant);
create or replace macro hour_of(instant) as time_bucket(interval 1 hour, instant);
create or replace macro minute_of(instant) as time_bucket(interval 1 minute, instant);
create or replace macro second_of(instant) as time_bucket(interval 1 second, instant);
